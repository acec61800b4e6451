import { createHmac, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { findPhp, sleepUntil } from '@ramal/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../harness/run-command.ts';
import { sendCallback } from '../harness/send-callback.ts';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MASTER_KEY = randomBytes(32).toString('base64');
/** Of a network that is for documentation alone; told by the one trusted proxy, which these tests play. */
const PBX = '203.0.113.9';

let system: TestStack;
let php: string;
let page: string;
beforeAll(async () => {
  [system, php, page] = await Promise.all([
    startTestStack({
      only: ['history', 'webhook'],
      env: { webhook: { RAMAL_MASTER_KEY: MASTER_KEY, WEBHOOK_TRUSTED_PROXIES: '1' } },
    }),
    findPhp(console.log, []),
    readFile(`${ROOT}docs/callback-security.md`, 'utf8'),
  ]);
}, 420_000);
afterAll(() => system?.stop());

async function ramal<T>(...argv: string[]): Promise<T> {
  const env = { DATABASE_URL: system.dev.databaseUrl, RAMAL_MASTER_KEY: MASTER_KEY };
  const said = await runCommand(
    process.execPath,
    [`${ROOT}packages/cli/bin/ramal.js`, ...argv, '--json'],
    env,
  );
  return JSON.parse(said.slice(said.indexOf('{'))) as T;
}

let nextPeer = 47_600_000_000;
const newPeer = () => String((nextPeer += 1));

/** An example of the page: the block of a language that signs. */
function exampleIn(language: 'sh' | 'php'): string {
  const blocks = [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))];
  return blocks.find(([, block]) => block?.includes('webhook-signature'))?.[1] ?? '';
}

interface Signed {
  signingSecret: string;
  basic: { user: string; password: string };
}

describe('threat 5 a company that asks for signature, HTTP Basic and networks together', () => {
  let secrets: Signed;
  let address: string;
  let env: Record<string, string>;
  beforeAll(async () => {
    const { addresses } = await ramal<{ addresses: Record<string, string> }>(
      ...['callback-token', 'create', 'demo', '--webhook-url', system.dev.webhookUrl],
    );
    address = addresses['ended'] ?? '';
    secrets = await ramal<Signed>(
      ...['callback-auth', 'set', 'demo', '--signing', '--basic-user', 'pbx'],
      ...['--networks', '203.0.113.0/24'],
    );
    env = {
      SECRET: secrets.signingSecret,
      LOGIN: `pbx:${secrets.basic.password}`,
      ADDRESS: address,
    };
    // R29: counts within two seconds, told by a notice.
    await sleepUntil(async () => (await sendCallback(`${address}?origem=1`)).status === 403, {
      timeoutMs: 30_000,
    });
  });

  /** curl by the page's own example, with the header that the proxy appends. */
  const byShell = (query: string, from = PBX, over: Record<string, string> = {}) => {
    const script = exampleIn('sh').replace(
      'curl --silent',
      `curl --silent --write-out ' %{http_code}' -H 'x-forwarded-for: ${from}'`,
    );
    return runCommand('sh', ['-c', script], { ...env, QUERY: query, ...over });
  };

  test('is told of a call by the shell example of the page', async () => {
    const peer = newPeer();
    expect(await byShell(`origem=${peer}&destino=3501`)).toBe('ok 200');
    const [call] = await system.history.waitForCalls({ peer }, (calls) => calls.length === 1);
    expect(call).toMatchObject({ tenant: 'demo', state: 'ended' });
  });

  test('is told of a call by the PHP example of the page', async () => {
    const peer = newPeer();
    const script = exampleIn('php').replace('$headers = [', `$headers = ['X-Forwarded-For: ${PBX}',`);
    const body = `origem=${peer}&destino=3501`;
    const code = script.replace(/^<\?php\n/, '');
    expect(await runCommand(php, ['-r', code], { ...env, BODY: body })).toBe('ok');
    await system.history.waitForCalls({ peer }, (calls) => calls.length === 1);
  });

  test.each<[string, () => Promise<string>, string]>([
    ['from another network', () => byShell('origem=1&destino=3501', '198.51.100.1'), 'forbidden'],
    [
      'with a forged address in front',
      () => byShell('origem=1&destino=3501', `${PBX}, 198.51.100.1`),
      'forbidden',
    ],
    ['with another password', () => byShell('origem=1&destino=3501', PBX, { LOGIN: 'pbx:x' }), 'auth_failed'],
    [
      'with another secret',
      () => byShell('origem=1&destino=3501', PBX, { SECRET: `whsec_${randomBytes(32).toString('base64')}` }),
      'auth_failed',
    ],
  ])('refuses one %s', async (_, send, code) => {
    expect(await send()).toContain(`"code":"${code}"`);
  });

  test('stores a recording of a callback once, and tells of a refused one on the call’s timeline', async () => {
    const [peer, id, at] = [
      newPeer(),
      `msg_${randomBytes(8).toString('hex')}`,
      Math.floor(Date.now() / 1000),
    ];
    const query = `origem=${peer}&destino=3501`;
    const key = Buffer.from(secrets.signingSecret.slice(6), 'base64');
    const sign = (text: string) => createHmac('sha256', key).update(`${id}.${at}.${text}`).digest('base64');
    const send = (kind: string, asked = query) =>
      sendCallback(`${address.replace(/ended$/, kind)}?${asked}`, {
        headers: {
          authorization: `Basic ${Buffer.from(env['LOGIN'] ?? '').toString('base64')}`,
          'x-forwarded-for': PBX,
          'webhook-id': id,
          'webhook-timestamp': String(at),
          'webhook-signature': `v1,${sign(`incoming?${query}`)}`,
        },
      });
    expect((await send('incoming')).status).toBe(200);
    expect(await send('incoming')).toMatchObject({ status: 200, text: 'ok' });
    // The same signature under another kind is none.
    expect((await send('ended')).status).toBe(401);
    const [call] = await system.history.waitForCalls({ peer }, (calls) => calls.length === 1);
    expect(call?.state).toBe('ringing');
    const traces = async () =>
      system.history.query(
        `select data::text as data from call_traces where step = 'callback.refused' and call_id = $1`,
        [call?.call_id],
      );
    await sleepUntil(async () => JSON.stringify(await traces()).includes('signature_wrong'), {
      timeoutMs: 30_000,
    });
    expect(JSON.stringify(await traces())).toContain('callback_refused');
  });

  test('I3 another company is as it was', async () => {
    const other = `${system.dev.webhookUrl}/v1/cti/${system.callbackTokenOf('acme')}/ended?de=${newPeer()}&para=2001`;
    expect((await sendCallback(other)).status).toBe(200);
  });
});
