import type { SignedMessage, WebhookIdState } from '@ramal/bus';
import { type CallbackProtection, newSigningSecret, parseNetworks, toSigningKey } from '@ramal/store';
import { Webhook } from 'standardwebhooks';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { OPEN_TO_ALL } from '../test/create-test-door.ts';
import { newProfile } from '../test/open-test-ingest.ts';
import { type BasicVerdict } from './basic-check.ts';
import { type CallbackGuard, type Caller, createCallbackGuard } from './callback-guard.ts';

const SECRET = newSigningSecret();
const KEY = toSigningKey(SECRET) ?? Buffer.alloc(0);
const profile = newProfile();
const { tenant } = profile.tenant;

let protection: CallbackProtection;
let basic: BasicVerdict;
let state: WebhookIdState;
let checked: SignedMessage[];
let marked: [SignedMessage, string][];
let markFails: boolean;
let failures: unknown[];
let busy: number;
let guard: CallbackGuard;
beforeEach(() => {
  protection = OPEN_TO_ALL;
  [basic, state, checked, marked, failures, busy] = ['good', { kind: 'new' }, [], [], [], 0];
  markFails = false;
  guard = createCallbackGuard({
    protectionOf: async () => protection,
    basic: { check: async () => basic },
    webhookIds: {
      check: async (message) => {
        checked.push(message);
        return state;
      },
      seen: async () => ({ kind: 'new' }),
      markStored: async (message, callId) => {
        if (markFails) throw new Error('Redis');
        marked.push([message, callId]);
      },
    },
    mayTry: () => true,
    onBusy: () => (busy += 1),
    onMarkFailed: (error) => failures.push(error),
  });
});

const caller = (over: Partial<Caller> = {}): Caller => ({
  address: '203.0.113.9',
  headers: {},
  path: '/v1/cti/token/ended',
  query: 'origem=3501&destino=47',
  body: null,
  ...over,
});

const nowSec = Math.floor(Date.now() / 1000);
/** What the reference library signs. */
const sign = (payload: string, id = 'msg_1') => ({
  'webhook-id': id,
  'webhook-timestamp': String(nowSec),
  'webhook-signature': new Webhook(SECRET).sign(id, new Date(nowSec * 1000), payload),
});
const SIGNED_GET = 'ended?origem=3501&destino=47';

async function reasonOf(who: Caller): Promise<unknown> {
  try {
    await guard(profile, who);
    return null;
  } catch (error) {
    const { reason, code, httpStatus } = error as { reason?: string; code: string; httpStatus: number };
    return [httpStatus, code, reason];
  }
}

const store = async () => ({ callId: 'call-1', outcome: 'stored' as const });

test('I3 a company that asks for nothing beside the token takes what it always took', async () => {
  const admission = await guard(profile, caller({ address: null, headers: sign('whatever') }));
  expect(admission.query).toBe('origem=3501&destino=47');
  expect(await admission.once(store)).toEqual({ callId: 'call-1', outcome: 'stored' });
  expect(await admission.ask(async () => 7)).toBe(7);
  expect(checked).toEqual([]);
});

describe('threat 5 the networks', () => {
  it('let in who is in them, and nobody whose address is not known', async () => {
    protection = { ...OPEN_TO_ALL, networks: parseNetworks(['203.0.113.0/24', '2001:db8::/32']) };
    expect(await reasonOf(caller())).toBeNull();
    expect(await reasonOf(caller({ address: '2001:db8::5' }))).toBeNull();
    for (const address of ['198.51.100.1', '2001:db9::5', null])
      expect(await reasonOf(caller({ address }))).toEqual([403, 'forbidden', 'address_not_allowed']);
  });
});

describe('threat 5 HTTP Basic', () => {
  it.each<[BasicVerdict, unknown]>([
    ['good', null],
    ['missing', [401, 'auth_required', 'basic_missing']],
    ['wrong', [401, 'auth_failed', 'basic_wrong']],
    // I3: it can't be told whether it is a good one.
    ['busy', [503, 'unavailable', undefined]],
  ])('%s', async (verdict, refused) => {
    protection = { ...OPEN_TO_ALL, basicLogins: [{ user: 'pbx', passwordHash: '' }] };
    basic = verdict;
    expect(await reasonOf(caller())).toEqual(refused);
    expect(busy).toBe(verdict === 'busy' ? 1 : 0);
  });
});

describe('threat 5 the signature', () => {
  beforeEach(() => {
    protection = { ...OPEN_TO_ALL, signingKeys: [KEY] };
  });

  it('of a request without a body is that of its last step and query, byte for byte', async () => {
    expect(await reasonOf(caller({ headers: sign(SIGNED_GET) }))).toBeNull();
    expect(await reasonOf(caller({ headers: sign(SIGNED_GET), body: Buffer.alloc(0) }))).toBeNull();
    expect(await reasonOf(caller({ headers: sign('ended'), query: '' }))).toBeNull();
    const utf8 = 'ended?origem=São';
    const asSent = Buffer.from('origem=São').toString('latin1');
    expect(await reasonOf(caller({ headers: sign(utf8), query: asSent }))).toBeNull();
  });

  it.each<[string, Partial<Caller>]>([
    ['another kind', { path: '/v1/cti/token/incoming' }],
    ['one more variable', { query: 'origem=3501&destino=47&audio=x' }],
    ['the same variables in another order', { query: 'destino=47&origem=3501' }],
    ['another spelling of the same', { query: 'origem=%33501&destino=47' }],
    ['a body beside it', { body: Buffer.from('destino=48') }],
  ])('is not good for %s', async (_, over) => {
    expect(await reasonOf(caller({ headers: sign(SIGNED_GET), ...over }))).toEqual([
      401,
      'auth_failed',
      'signature_wrong',
    ]);
  });

  it('of a body is that of its very bytes, and nothing beside the body is believed', async () => {
    const body = Buffer.from('{"origem": "3501",\r\n "destino": "47"}');
    const headers = sign(body.toString());
    const admission = await guard(profile, caller({ headers, body, query: 'destino=0900' }));
    expect(admission.query).toBe('');
    const trimmed = Buffer.from(body.toString().replace('\r\n', ''));
    expect(await reasonOf(caller({ headers, body: trimmed }))).toEqual([
      401,
      'auth_failed',
      'signature_wrong',
    ]);
  });

  it('is asked for, and said to be incomplete where it is', async () => {
    expect(await reasonOf(caller())).toEqual([401, 'auth_required', 'signature_missing']);
    const { 'webhook-id': _, ...incomplete } = sign(SIGNED_GET);
    expect(await reasonOf(caller({ headers: incomplete }))).toEqual([
      401,
      'auth_failed',
      'signature_malformed',
    ]);
  });

  it('opens nothing once all secrets have ended', async () => {
    protection = { ...OPEN_TO_ALL, signingKeys: [] };
    expect(await reasonOf(caller({ headers: sign(SIGNED_GET) }))).toEqual([
      401,
      'auth_failed',
      'signature_wrong',
    ]);
  });
});

describe('threat 5 a recording of a signed callback', () => {
  const admit = (over: Partial<Caller> = {}) =>
    guard(profile, caller({ headers: sign(SIGNED_GET), ...over }));
  beforeEach(() => {
    protection = { ...OPEN_TO_ALL, signingKeys: [KEY] };
  });

  it('is stored once: told again it is what it was, and is remembered only when it is stored', async () => {
    const admission = await admit();
    await expect(admission.once(() => Promise.reject(new Error('Redis')))).rejects.toThrow('Redis');
    expect(marked).toEqual([]);
    await admission.once(store);
    expect(marked).toEqual([
      [{ tenant, webhookId: 'msg_1', timestampSec: nowSec, digest: expect.any(String) }, 'call-1'],
    ]);
    state = { kind: 'stored', callId: 'call-1' };
    const told = await (await admit()).once(() => Promise.reject(new Error('not again')));
    expect(told).toEqual({ callId: 'call-1', outcome: 'duplicate' });
  });

  it('I3 is answered as stored also when it can’t be remembered', async () => {
    markFails = true;
    expect(await (await admit()).once(store)).toEqual({ callId: 'call-1', outcome: 'stored' });
    expect(failures).toHaveLength(1);
  });

  it.each<[WebhookIdState, unknown]>([
    [
      { kind: 'outside', ageSec: 301 },
      { httpStatus: 401, reason: 'timestamp_outside' },
    ],
    [{ kind: 'reused' }, { httpStatus: 403, reason: 'webhook_id_reused' }],
  ])('is refused where it is %o, stored or only asked', async (found, refused) => {
    state = found;
    const admission = await admit();
    await expect(admission.once(store)).rejects.toMatchObject(refused as object);
    await expect(admission.ask(async () => 1)).rejects.toMatchObject(refused as object);
  });

  it('has a digest of kind and content, so that no other message passes for it', async () => {
    const body = Buffer.from('origem=1');
    for (const path of ['/v1/cti/token/ended', '/v1/cti/token/incoming'])
      await (await guard(profile, caller({ path, body, headers: sign('origem=1') }))).once(store);
    await (await admit()).once(store);
    expect(new Set(checked.map(({ digest }) => digest)).size).toBe(3);
  });
});
