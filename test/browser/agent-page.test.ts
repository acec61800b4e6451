import { sleepUntil } from '@ramal/testkit';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, watchProblems } from '../harness/open-browser.ts';
import { findAxeViolations } from '../harness/popup-page.ts';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';

describe('the demo CRM', () => {
  let system: TestStack;
  let browser: Browser;

  beforeAll(async () => {
    [system, browser] = await Promise.all([startTestStack(), openBrowser()]);
    await system.simulator.behave({ ringMs: 400, talkMs: 600 });
  }, 400_000);

  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  it('R36 R43 R46 dials, shows the start and the end pop-up and lists the call with its recording', async () => {
    const { page, problems, context } = await open('en-US');
    await signIn(page, 'Ana');
    await status(page, 'Connected');
    await page.getByLabel('Number', { exact: true }).fill('(47) 3210-0123');
    await page.keyboard.press('Enter');
    const popups = page.getByRole('article');
    await popups.filter({ hasText: '4732100123' }).first().waitFor();
    await page.locator('article audio').waitFor();
    expect(await popups.count()).toBe(1);
    await page.getByRole('cell', { name: '4732100123' }).first().waitFor();
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await sleepUntil(async () => (await popups.count()) === 0, {
      timeoutMs: 30_000,
      describe: 'no pop-up left',
    });
    expect(problems).toEqual([]);
    await context.close();
  });

  it('R45 shows a simulated incoming call, in Portuguese where the browser asks for it', async () => {
    const { page, problems, context } = await open('pt-BR');
    await signIn(page, 'Bruno');
    expect(await page.locator('html').getAttribute('lang')).toBe('pt-BR');
    await page.getByLabel('Número de quem liga').fill('11987654321');
    await page.getByRole('button', { name: 'Tocar meu ramal' }).click();
    const popup = page.getByRole('article').filter({ hasText: '11987654321' });
    await popup.filter({ hasText: 'recebida' }).waitFor();
    await popup.filter({ hasText: 'encerrada' }).waitFor();
    expect(problems).toEqual([]);
    await context.close();
  });

  it('comes back by itself after the gateway was killed, and can dial again', async () => {
    const { page, context } = await open('en-US');
    await signIn(page, 'Carla');
    await status(page, 'Connected');
    system.stack.kill('ws-gateway', 'SIGKILL');
    await status(page, 'Disconnected; trying again');
    await system.stack.restartOf('ws-gateway');
    await status(page, 'Connected');
    await page.getByLabel('Number', { exact: true }).fill('4732109999');
    await page.getByRole('button', { name: 'Call', exact: true }).click();
    await page.getByRole('article').filter({ hasText: '4732109999' }).first().waitFor();
    await context.close();
  }, 180_000);

  it('I5 of two pages of one agent one has the pop-up in front; it passes on when that page closes, and a dismissal reaches both', async () => {
    const pages = await Promise.all([open('en-US'), open('en-US')]);
    for (const { page } of pages) {
      await signIn(page, 'Ana');
      await status(page, 'Connected');
    }
    await system.simulator.behave({ ringMs: 20_000 });
    await system.simulator.placeIncoming({ account: 'demo', from: '11987654322', to: '3501' });
    const cards = pages.map(({ page }) => page.getByRole('article').filter({ hasText: '11987654322' }));
    await Promise.all(cards.map((card) => card.waitFor()));
    const claims = () => Promise.all(cards.map((card) => card.getAttribute('data-claimed')));
    const front = (await claims()).indexOf('true');
    expect((await claims())[1 - front]).toBe('false');
    const other = front === 0 ? 1 : 0;
    await pages[front]?.context.close();
    await sleepUntil(async () => (await cards[other]?.getAttribute('data-claimed')) === 'true', {
      timeoutMs: 30_000,
      describe: 'the pop-up to pass to the page that is left',
    });

    const third = await open('en-US');
    await signIn(third.page, 'Ana');
    const standing = third.page.getByRole('article').filter({ hasText: '11987654322' });
    await standing.waitFor();
    await pages[other]?.page.getByRole('button', { name: 'Dismiss' }).click();
    await sleepUntil(async () => (await standing.count()) === 0, {
      timeoutMs: 30_000,
      describe: 'the dismissed pop-up to go from the other page',
    });
    await system.simulator.behave({ ringMs: 400 });
    expect(pages.flatMap(({ problems }) => problems)).toEqual([]);
    await Promise.all([third.context.close(), pages[other]?.context.close()]);
  }, 180_000);

  it('threat 10 a caller whose number is markup rings as text', async () => {
    const { page, problems, context } = await open('en-US');
    await signIn(page, 'Bruno');
    await status(page, 'Connected');
    const caller = '<b onclick=x &lt;i&gt;';
    const query = new URLSearchParams({ origem: caller, destino: '3502' });
    const token = system.callbackTokenOf('demo');
    const url = `${system.dev.webhookUrl}/v1/cti/${token}/incoming?${query}`;
    expect((await fetch(url)).status).toBe(200);
    await page.getByRole('article').getByText('<b onclick=x', { exact: false }).first().waitFor();
    expect(await page.locator('article b').count()).toBe(0);
    expect(problems).toEqual([]);
    await context.close();
  });

  it('R45 a caller whom the CRM knows is on the screen before the call is answered, and notes go to the record', async () => {
    const { page, problems, context } = await open('en-US');
    await signIn(page, 'Carla');
    await status(page, 'Connected');
    await page.getByText('Choose a contact, or wait for a call').waitFor();
    // By the keyboard: what calls of tests before have left may stand over the button.
    await page.getByRole('button', { name: 'Ring my extension' }).press('Enter');
    await page.getByRole('heading', { name: 'Mariana Alves' }).waitFor();
    const popup = page.getByRole('article').filter({ hasText: 'Mariana Alves' });
    await popup.getByLabel('Notes').fill('wants a <b>quote</b>');
    await popup.filter({ hasText: 'Call ended' }).waitFor();
    await popup.getByRole('button', { name: 'Save notes' }).click();
    await page.getByRole('listitem').filter({ hasText: 'wants a <b>quote</b>' }).waitFor();
    await page.getByRole('cell', { name: 'Mariana Alves' }).first().waitFor();

    await page.getByLabel('Caller’s number').fill('51988887777');
    await page.getByRole('button', { name: 'Ring my extension' }).press('Enter');
    await page.getByRole('heading', { name: 'New contact' }).waitFor();
    expect(await page.getByLabel('Phone').inputValue()).toContain('51988887777');
    await page.getByLabel('Name').fill('Nova Cliente');
    await page.getByRole('button', { name: 'Add contact' }).click();
    await page.getByRole('heading', { name: 'Nova Cliente' }).waitFor();
    await page.getByRole('button', { name: 'Call Nova Cliente' }).click();
    await page
      .getByRole('article')
      .filter({ hasText: 'Nova Cliente' })
      .filter({ hasText: 'Outgoing' })
      .waitFor();
    expect(problems).toEqual([]);
    await context.close();
  }, 180_000);

  it.each(['light', 'dark'] as const)(
    'axe finds nothing wrong with it in %s, from the sign-in to a call',
    async (colorScheme) => {
      const { page, problems, context } = await open('en-US', { colorScheme, reducedMotion: 'reduce' });
      await page.locator('option').first().waitFor({ state: 'attached' });
      expect(await findAxeViolations(page)).toEqual([]);
      await signIn(page, 'Bruno');
      await status(page, 'Connected');
      await page.getByRole('button', { name: 'Padaria São João' }).click();
      await page.getByRole('button', { name: 'Call Padaria São João, 4732100123' }).click();
      // Those of tests before may stand too.
      const popup = page.getByRole('article', { name: 'Call ended' }).filter({ hasText: '4732100123' });
      await popup.waitFor();
      await page.locator('td audio').first().waitFor();
      expect(await findAxeViolations(page)).toEqual([]);
      await popup.getByRole('button', { name: 'Dismiss' }).click();
      await popup.waitFor({ state: 'detached' });
      expect(problems).toEqual([]);
      await context.close();
    },
    180_000,
  );

  it('says what failed and what is empty, speaks the language that was chosen, and signs out', async () => {
    const { page, context } = await open('en-US');
    await context.route('**/v1/calls*', (route) => route.abort());
    await signIn(page, 'Ana');
    await page.getByText('The recent calls could not be loaded.').waitFor();
    await page.getByLabel('Search contacts').fill('zzz');
    await page.getByText('Nobody is called that.').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByRole('link', { name: 'ES' }).click();
    await page.getByRole('heading', { name: 'Iniciar sesión' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('es');
    await context.close();
  });

  async function open(
    locale: string,
    options: BrowserContextOptions = {},
  ): Promise<{ page: Page; problems: string[]; context: BrowserContext }> {
    const context = await browser.newContext({ locale, ...options });
    const page = await context.newPage();
    const problems = watchProblems(page);
    page.setDefaultTimeout(30_000);
    await page.goto(system.dev.apiUrl);
    return { page, problems, context };
  }

  async function status(page: Page, text: string): Promise<void> {
    await page.getByText(text, { exact: true }).first().waitFor({ timeout: 60_000 });
  }

  async function signIn(page: Page, name: string): Promise<void> {
    const select = page.getByRole('combobox');
    const option = select.locator('option', { hasText: name });
    await option.waitFor({ state: 'attached' });
    await select.selectOption((await option.getAttribute('value')) ?? '');
    await page.locator('form button[type=submit]').first().click();
  }
});
