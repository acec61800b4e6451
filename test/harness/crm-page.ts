import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { watchProblems } from './open-browser.ts';

interface Told {
  type: string;
  detail: { status?: string; state?: string };
}

export interface RamalWindow {
  ramal: { dial(number: string, context?: object): Promise<{ callId: string }> };
  told: Told[];
}

/** Opens the sample CRM in a browser of its own, with a record of the `ramal:*` events, and signs in. */
export async function openCrmPage(
  browser: Browser,
  url: string,
  name: string,
  options: BrowserContextOptions = {},
) {
  const context = await browser.newContext({ locale: 'pt-BR', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const problems = watchProblems(page);
  await page.addInitScript(() => {
    const told: Told[] = [];
    Object.assign(window, { told });
    for (const type of ['status', 'popup', 'call', 'dial']) {
      document.addEventListener(`ramal:${type}`, (event) => {
        told.push({ type, detail: (event as CustomEvent<Told['detail']>).detail });
      });
    }
  });
  await page.goto(`${url}/sistema.php`);
  await page.getByLabel('Usuário').selectOption({ label: name });
  await page.getByRole('button', { name: 'Entrar' }).click();
  await page.getByRole('heading', { name: 'Contatos' }).waitFor();
  return { page, problems, context, close: () => context.close() };
}

/** Presses a contact's call button in a browser without JavaScript. */
export async function dialByForm(page: Page, number: string): Promise<void> {
  const form = page.locator('form[action="ligar.php"]', {
    has: page.locator(`input[name="numero"][value="${number}"]`),
  });
  await form.getByRole('button').click();
  await page.getByText('Ligação solicitada.').waitFor();
}

/** A pop-up of this kind that shows this number. */
export function popup(page: Page, kind: string, number: string) {
  return page.getByRole('article').filter({ hasText: kind }).filter({ hasText: number }).first();
}

/** Waits until the pop-up is gone. */
export async function noPopup(page: Page): Promise<void> {
  await page.getByRole('article').first().waitFor({ state: 'detached' });
}

/** Waits until the connection stands. */
export async function online(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const { told } = window as unknown as RamalWindow;
    return told.findLast(({ type }) => type === 'status')?.detail.status === 'online';
  });
}

/** The connection's states, each once as long as it lasted. */
export async function statuses(page: Page): Promise<(string | undefined)[]> {
  const all = await page.evaluate(() =>
    (window as unknown as RamalWindow).told
      .filter(({ type }) => type === 'status')
      .map(({ detail }) => detail.status),
  );
  return all.filter((status, i) => status !== all[i - 1]);
}

/** Waits until the page has been told of this state of the connection. */
export async function told(page: Page, status: string): Promise<void> {
  await page.waitForFunction(
    (wanted) => (window as unknown as RamalWindow).told.some(({ detail }) => detail.status === wanted),
    status,
  );
}

/** What the page was told of its dials. */
export function dialStates(page: Page): Promise<(string | undefined)[]> {
  return page.evaluate(() =>
    (window as unknown as RamalWindow).told
      .filter(({ type }) => type === 'dial')
      .map(({ detail }) => detail.state),
  );
}

/** What a form would send. */
export async function fieldsOf(form: ReturnType<Page['locator']>): Promise<Record<string, string>> {
  const inputs = await form.locator('input').all();
  const pairs = await Promise.all(
    inputs.map(async (one) => [await one.getAttribute('name'), await one.getAttribute('value')]),
  );
  return Object.fromEntries(pairs) as Record<string, string>;
}
