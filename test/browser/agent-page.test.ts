import { sleepUntil } from '@ramal/testkit';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, watchProblems } from '../harness/open-browser.ts';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';

describe('the agent page', () => {
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
      timeoutMs: 5_000,
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
  }, 60_000);

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
      timeoutMs: 5_000,
      describe: 'the pop-up to pass to the page that is left',
    });

    const third = await open('en-US');
    await signIn(third.page, 'Ana');
    const standing = third.page.getByRole('article').filter({ hasText: '11987654322' });
    await standing.waitFor();
    await pages[other]?.page.getByRole('button', { name: 'Dismiss' }).click();
    await sleepUntil(async () => (await standing.count()) === 0, {
      timeoutMs: 5_000,
      describe: 'the dismissed pop-up to go from the other page',
    });
    await system.simulator.behave({ ringMs: 400 });
    expect(pages.flatMap(({ problems }) => problems)).toEqual([]);
    await Promise.all([third.context.close(), pages[other]?.context.close()]);
  }, 60_000);

  it('threat 10 shows whatever a telephone system says as one line of text', async () => {
    const { page, problems, context } = await open('en-US');
    await signIn(page, 'Carla');
    await status(page, 'Connected');
    const hostile = [
      '<img src=x onerror="document.title=1">',
      '<script>document.title=2</script>',
      '"><svg/onload=document.title=3>',
      'javascript:document.title=4',
      '&lt;b&gt;&#60;i&#62;',
      '\u202e3210123-74\u202c',
      `\u0000\u0007\n\r\u2028x`,
      '9'.repeat(10_000),
      '\ud800',
    ];
    // Straight into the cards: most of these no gateway lets through.
    const shown = await page.evaluate(`(async (hostile) => {
      const { PopupCards } = await import('/popup-cards.js');
      const list = document.createElement('div');
      document.body.append(list);
      const never = () => new Promise(() => {});
      const cards = new PopupCards({ list, heading: list, onDismiss: never, onSeen: never });
      hostile.forEach((text, i) => cards.receive({ op: 'popup.show', ts: Date.now(), data: {
        popupId: 'p' + i + text.slice(0, 20), kind: 'end', callId: text, direction: 'inbound', state: 'ended',
        peer: { raw: text, e164: null, display: text }, ramal: '3503', startedAt: 1, expiresAt: Date.now() + 60000,
        recording: text, context: { [text.slice(0, 20)]: text } } }));
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      return [...list.querySelectorAll('article')].reverse().map((card) => ({
        tags: [...new Set([...card.querySelectorAll('*')].map(({ tagName }) => tagName))],
        peer: card.querySelector('.peer').textContent,
      }));
    })(${JSON.stringify(hostile)})`);
    const peers = (shown as { tags: string[]; peer: string }[]).map(({ peer }) => peer);
    expect(peers.slice(0, 5)).toEqual(hostile.slice(0, 5));
    expect(peers[5]).toBe('\ufffd3210123-74\ufffd');
    expect(peers[6]).toBe('\ufffd\ufffd\ufffd\ufffd\ufffdx');
    expect(peers[7]).toBe(`${'9'.repeat(120)}…`);
    expect(peers).toHaveLength(hostile.length);
    for (const { tags } of shown as { tags: string[] }[]) {
      expect(['BUTTON', 'DIV', 'H3', 'P']).toEqual(expect.arrayContaining(tags));
    }
    expect(await page.title()).toBe('Ramal');
    expect(problems).toEqual([]);
    await context.close();
  });

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

  async function open(locale: string): Promise<{ page: Page; problems: string[]; context: BrowserContext }> {
    const context = await browser.newContext({ locale });
    const page = await context.newPage();
    const problems = watchProblems(page);
    page.setDefaultTimeout(10_000);
    await page.goto(system.dev.apiUrl);
    return { page, problems, context };
  }

  async function status(page: Page, text: string): Promise<void> {
    await page.getByText(text, { exact: true }).first().waitFor({ timeout: 20_000 });
  }

  async function signIn(page: Page, name: string): Promise<void> {
    const select = page.getByRole('combobox');
    const option = select.locator('option', { hasText: name });
    await option.waitFor({ state: 'attached' });
    await select.selectOption((await option.getAttribute('value')) ?? '');
    await page.locator('form button[type=submit]').first().click();
  }
});
