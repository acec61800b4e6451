import { fileURLToPath } from 'node:url';
import { sleepUntil } from '@ramal/testkit';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  dialByForm,
  dialStates,
  fieldsOf,
  noPopup,
  online,
  openCrmPage,
  popup,
  type RamalWindow,
  statuses,
  told,
} from '../harness/crm-page.ts';
import { openBrowser } from '../harness/open-browser.ts';
import { type PhpServer, runPhp, startPhp } from '../harness/start-php.ts';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';

const FOLDER = fileURLToPath(new URL('../../examples/php/', import.meta.url));

describe('the PHP examples on a running system', { timeout: 240_000 }, () => {
  let system: TestStack;
  let php: PhpServer;
  let browser: Browser;
  let env: Record<string, string>;

  beforeAll(async () => {
    [system, browser] = await Promise.all([startTestStack(), openBrowser()]);
    await system.simulator.behave({ ringMs: 400, talkMs: 600 });
    const { apiUrl, apiKey, gatewayUrl } = system.dev;
    env = {
      RAMAL_API_URL: apiUrl,
      RAMAL_API_KEY: apiKey,
      RAMAL_TENANT: 'demo',
      RAMAL_GATEWAY_URL: gatewayUrl,
    };
    php = await startPhp({ folder: FOLDER, env });
  }, 400_000);

  afterAll(async () => {
    await browser?.close();
    await php?.stop();
    await system?.stop();
  });

  test('R36 R43 R44 R46 a click on a contact’s number dials once and shows the start and the end pop-up', async () => {
    const { page, problems, close } = await signIn('Ana Souza');
    await online(page);
    await page.getByRole('link', { name: '(47) 3210-0123' }).click();
    await popup(page, 'Ligação efetuada', '4732100123').waitFor();
    await popup(page, 'Ligação encerrada', '4732100123').waitFor();
    await page.locator('article audio').waitFor();
    expect(await page.getByRole('article').count()).toBe(1);

    await page.getByRole('button', { name: 'Dispensar' }).focus();
    await page.keyboard.press('Escape');
    await noPopup(page);
    expect(await destinations(system, '3501')).toEqual(['4732100123']);
    expect(await dialStates(page)).toEqual(['queued', 'requesting', 'accepted']);
    // Nothing the strict policy of the page forbids was tried.
    expect(problems).toEqual([]);
    await close();
  });

  test('R36 R45 R46 an incoming call pops up in the page’s language, whatever the browser’s, and is dismissed', async () => {
    const { page, problems, close } = await signIn('Bruno Lima', { locale: 'en-US' });
    await online(page);
    await system.simulator.placeIncoming({ account: 'demo', from: '11987654321', to: '3502' });
    await popup(page, 'Ligação recebida', '11987654321').waitFor();
    await popup(page, 'Ligação encerrada', '11987654321').waitFor();
    await page.getByRole('button', { name: 'Dispensar' }).click();
    await noPopup(page);
    // What was dismissed stays away on the next page too.
    await page.reload();
    await online(page);
    expect(await page.getByRole('article').count()).toBe(0);
    expect(problems).toEqual([]);
    await close();
  });

  test('R36 window.ramal.dial calls, a call button too, and a double click is one call', async () => {
    const { page, problems, close } = await signIn('Carla Dias');
    await online(page);
    const answer = await page.evaluate(() =>
      (window as unknown as RamalWindow).ramal.dial('4732107777', { record: '12' }),
    );
    expect(answer).toMatchObject({ callId: expect.any(String), intentId: expect.any(String) });
    await popup(page, 'Ligação encerrada', '4732107777').waitFor();
    await page.getByRole('button', { name: 'Ligar para Oficina do Zé & Filhos' }).dblclick();
    await popup(page, 'Ligação encerrada', '4732100456').waitFor();
    expect(await destinations(system, '3503')).toEqual(['4732107777', '4732100456']);
    const refused = await page.evaluate(() =>
      (window as unknown as RamalWindow).ramal.dial('x').catch((error: { code: string }) => error.code),
    );
    expect(refused).toBe('bad_frame');
    expect(new URL(page.url()).search).toBe('');
    expect(problems).toEqual([]);
    await close();
  });

  test('R36 the pop-ups come back after the gateway was killed', async () => {
    const { page, close } = await signIn('Carla Dias');
    await online(page);
    system.stack.kill('ws-gateway', 'SIGKILL');
    await told(page, 'waiting');
    await system.stack.restartOf('ws-gateway');
    await online(page);
    await system.simulator.placeIncoming({ account: 'demo', from: '11955554444', to: '3503' });
    await popup(page, 'Ligação recebida', '11955554444').waitFor();
    await close();
  });

  test('R37 while the script is not connected a call button dials by its form', async () => {
    const { page, context, close } = await signIn('Ana Souza');
    await context.route('**/session.php', (route) => route.abort());
    await page.reload();
    await told(page, 'waiting');
    await page.getByRole('button', { name: 'Ligar para Padaria São João' }).click();
    await page.getByText('Ligação solicitada.').waitFor();
    await close();
  });

  test('R36 a token is renewed by the session URL before it ends, on the same connection', async () => {
    const { page, context, close } = await signIn('Ana Souza');
    let asked = 0;
    await context.route('**/session.php', async (route) => {
      asked += 1;
      const token = await system.signToken('demo', 'ana', '3501', 6);
      await route.fulfill({
        status: 201,
        json: { token, gatewayUrl: system.dev.gatewayUrl, expiresInSec: 6 },
      });
    });
    await page.reload();
    // The third token comes after the first one's end.
    await sleepUntil(() => asked >= 3, { timeoutMs: 30_000, describe: 'the third token' });
    expect(await statuses(page)).toEqual(['connecting', 'online']);
    await close();
  });

  test('R36 a token that the gateway refuses ends the connection for good, and the agent is told', async () => {
    const { page, context, close } = await signIn('Ana Souza');
    // Else the question of the page before the reload may be counted too.
    await online(page);
    let asked = 0;
    await context.route('**/session.php', async (route) => {
      asked += 1;
      await route.fulfill({
        status: 201,
        json: { token: 'no.such.token', gatewayUrl: system.dev.gatewayUrl, expiresInSec: 600 },
      });
    });
    await page.reload();
    await told(page, 'refused');
    await page.getByText('Desconectado pelo serviço').waitFor();
    // What brings a connection back that may come back.
    await page.evaluate(() => window.dispatchEvent(new Event('online')));
    expect(await statuses(page)).toEqual(['connecting', 'refused']);
    expect(asked).toBe(1);
    await close();
  });

  test('R37 without JavaScript a form dials, and sent twice it is still one call', async () => {
    const { page, context, close } = await signIn('Bruno Lima', { javaScriptEnabled: false });
    const form = page.locator('form[action="ligar.php"]', { hasText: 'Ligar' }).nth(1);
    const fields = await fieldsOf(form);
    await form.getByRole('button').click();
    await page.getByText('Ligação solicitada.').waitFor();
    const again = await context.request.post(`${php.url}/ligar.php`, { form: fields, maxRedirects: 0 });
    expect([again.status(), again.headers()['location']]).toEqual([303, 'sistema.php?aviso=ligando']);
    // Its own extension stands last: whatever the repeated form had caused would stand before it.
    await dialByForm(page, '3502');
    await sleepUntil(async () => (await destinations(system, '3502')).includes('3502'), {
      timeoutMs: 30_000,
      describe: 'the sentinel at the CTI',
    });
    expect(await destinations(system, '3502')).toEqual(['4732100456', '3502']);
    await close();
  });

  test('R37 a form with a wrong or missing CSRF token, or without a session, dials nothing', async () => {
    const { page, context, close } = await signIn('Carla Dias', { javaScriptEnabled: false });
    const before = (await destinations(system, '3503')).length;
    const fields = await fieldsOf(page.locator('form[action="ligar.php"]').first());
    const { csrf: _, ...withoutToken } = fields;
    const url = `${php.url}/ligar.php`;
    for (const form of [{ ...fields, csrf: 'f'.repeat(64) }, withoutToken]) {
      expect((await context.request.post(url, { form, maxRedirects: 0 })).status()).toBe(403);
    }
    expect((await fetch(url, { method: 'POST', body: new URLSearchParams(fields) })).status).toBe(403);
    expect((await context.request.get(url, { maxRedirects: 0 })).status()).toBe(405);
    await dialByForm(page, '3502');
    await sleepUntil(async () => (await destinations(system, '3503')).includes('3502'), {
      timeoutMs: 30_000,
      describe: 'the sentinel at the CTI',
    });
    expect((await destinations(system, '3503')).slice(before)).toEqual(['3502']);
    await close();
  });

  test('R36 session.php gives the signed-in user a token, nobody else, and never the key', async () => {
    const json = { 'content-type': 'application/json' };
    const stranger = await fetch(`${php.url}/session.php`, { method: 'POST', headers: json, body: '{}' });
    expect([stranger.status, await stranger.json()]).toMatchObject([
      401,
      { error: { code: 'auth_required', retryable: false } },
    ]);
    const { context, close } = await signIn('Ana Souza', { javaScriptEnabled: false });
    const url = `${php.url}/session.php`;
    expect((await context.request.get(url)).status()).toBe(405);
    expect((await context.request.post(url, { form: { user: 'bruno' } })).status()).toBe(405);
    const answer = await context.request.post(url, { headers: json, data: '{"user":"bruno"}' });
    const text = await answer.text();
    const session = JSON.parse(text) as { token: string; gatewayUrl: string; expiresAt: string };
    expect(answer.status()).toBe(201);
    expect(Object.keys(session)).toEqual(['token', 'gatewayUrl', 'expiresAt', 'expiresInSec']);
    expect(session.gatewayUrl).toBe(system.dev.gatewayUrl);
    expect(Date.parse(session.expiresAt)).toBeGreaterThan(Date.now());
    const claims = JSON.parse(atob(session.token.split('.')[1] ?? '')) as Record<string, unknown>;
    expect(claims).toMatchObject({ sub: 'ana', tenant: 'demo' });
    expect(text).not.toContain(system.dev.apiKey);
    await close();
  });

  test('R36 markup in a contact’s name, a notice or a caller’s number stays text', async () => {
    const { page, problems, close } = await signIn('Ana Souza');
    const canary = `"><img src=x onerror="window.hit=1"><script>window.hit=1</script>'`;
    await page.getByLabel('Nome').fill(canary);
    await page.getByLabel('Telefone').fill('(47) 3210-0999');
    await page.getByRole('button', { name: 'Adicionar' }).click();
    await page.getByRole('cell', { name: canary, exact: true }).waitFor();
    await page.getByRole('button', { name: `Ligar para ${canary}` }).waitFor();
    await page.goto(`${php.url}/sistema.php?aviso=${encodeURIComponent(canary)}`);
    await online(page);
    await system.simulator.placeIncoming({ account: 'demo', from: '<img src=x onerror=hit=1>', to: '3501' });
    await popup(page, 'Ligação recebida', '').waitFor();
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.evaluate(() => 'hit' in window)).toBe(false);
    expect(problems).toEqual([]);
    await close();
  });

  const START = `
    require '${FOLDER}config.php';
    require '${FOLDER}modulos/ModuloCti.php';
    $config = ramal_config();
    $cti = new ModuloCti(new RamalApi($config['apiUrl'], $config['apiKey']), json_decode($argv[1], true), $config['tenant']);
    try {
      echo json_encode($cti->startCall('ana', $argv[2], $argv[3]));
    } catch (CtiError $error) {
      echo json_encode(['reason' => $error->reason, 'message' => CtiError::messageFor($error->reason)]);
    }`;
  const startCall = async (
    company: object,
    { to = '4732105555', intentId = 'php', more = [] as string[], changed = {} } = {},
  ) =>
    JSON.parse(
      await runPhp([...more, '-r', START, '--', JSON.stringify(company), to, intentId], {
        ...env,
        ...changed,
      }),
    ) as Record<string, string>;

  test.each([
    ['R3', 'unsupported_cti_type', { usa_cti: '1', cti_tipo: '9' }],
    ['R3', 'unsupported_cti_type', { usa_cti: 1, cti_tipo: 0 }],
    ['R13', 'unsupported_cti_type', { usa_cti: 1 }],
    ['R15', 'unsupported_cti_type', { usa_cti: 1, cti_tipo: 10, tipo: 0 }],
    ['R1', 'cti_disabled', { usa_cti: '0', cti_tipo: '10' }],
    ['R13', 'cti_disabled', {}],
  ])('R37 %s ModuloCti refuses with %s for %j', async (_, reason, company) => {
    const answer = await startCall(company, { to: '4732101111' });
    expect(answer['reason']).toBe(reason);
    if (reason === 'unsupported_cti_type') expect(answer['message']).toContain('cti_tipo tem que ser 10');
    expect(await system.simulator.originates('4732101111')).toEqual([]);
  });

  test.each([
    ['curl', '4732106001', []],
    ['streams', '4732106002', ['-d', 'disable_functions=curl_init']],
  ])('R37 ModuloCti by PHP’s %s starts a call, once for the same intentId', async (intentId, to, more) => {
    const company = { usa_cti: 1, cti_tipo: 10 };
    const first = await startCall(company, { to, intentId, more });
    expect(first).toMatchObject({ intentId, callId: expect.any(String) });
    expect(await startCall(company, { to, intentId, more })).toEqual(first);
    expect((await startCall(company, { to: '4732106003', intentId, more }))['reason']).toBe(
      'intent_conflict',
    );
    await system.history.waitForEnd(first['callId'] ?? '', 10_000);
    expect(await system.simulator.originates(to)).toHaveLength(1);
    expect(await system.simulator.originates('4732106003')).toEqual([]);
  });

  test.each([
    ['curl', []],
    ['streams', ['-d', 'disable_functions=curl_init']],
  ])(
    'R37 an api that is away, a wrong key and a bad number each have a reason of their own (%s)',
    async (_, more) => {
      const company = { usa_cti: 1, cti_tipo: 10 };
      const changedTo = async (changed: object, to?: string) =>
        (await startCall(company, { more, changed, ...(to === undefined ? {} : { to }) }))['reason'];
      expect(await changedTo({ RAMAL_API_URL: 'http://127.0.0.1:9' })).toBe('unavailable');
      expect(await changedTo({ RAMAL_API_KEY: 'wrong' })).toBe('auth_failed');
      expect(await changedTo({}, "4732'; drop")).toBe('bad_request');
    },
  );

  const signIn = (name: string, options?: BrowserContextOptions) =>
    openCrmPage(browser, php.url, name, options);
});

/** What an extension dialled, in the order the CTI was asked: the truth about dials. */
async function destinations(system: TestStack, ramal: string): Promise<(string | null)[]> {
  const all = await system.simulator.originates();
  return all.filter(({ origin }) => origin === ramal).map(({ destination }) => destination);
}
