import type { CallbackKind } from '@ramal/calls';
import type { CallView } from '@ramal/contracts';
import type { TenantProfile } from '@ramal/store';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newProfile, openTestIngest, type TestIngest } from '../test/open-test-ingest.ts';

let test: TestIngest;
let profile: TenantProfile;
let tenant: string;
beforeAll(async () => {
  test = await openTestIngest();
});
afterAll(() => test.close());
beforeEach(() => {
  profile = newProfile();
  tenant = profile.tenant.tenant;
  test.noted.length = 0;
});

const send = (kind: CallbackKind, variables: Record<string, string>, to = profile) =>
  test.ingest(to, kind, Object.entries(variables));
const INBOUND = { origem: '4732100123', destino: '3501' };
const OUTBOUND = { origem: '3501', destino: '4732100123' };
/** What must be the same in any order: everything but ids and times. */
const withoutTimes = (call: CallView) => {
  const changing = {
    callId: '',
    startedAt: 0,
    answeredAt: null,
    endedAt: null,
    durationSec: null,
    matchedBy: null,
  };
  return { ...call, ...changing, answered: call.answeredAt !== null, ended: call.endedAt !== null };
};

describe('R44-R46 the story of a call', () => {
  it('goes from incoming to recording as one call, and its agent hears it', async () => {
    await test.logIn(tenant, 'ana');
    const first = await send('incoming', INBOUND);
    for (const kind of ['answered', 'ended'] as const)
      expect(await send(kind, INBOUND)).toEqual({ callId: first.callId, outcome: 'stored' });
    await send('recording', { ...INBOUND, audio: 'https://pbx.example/1.wav' });
    const [call, ...others] = await test.callsOf(tenant);
    expect(others).toEqual([]);
    expect(call).toMatchObject({
      callId: first.callId,
      direction: 'inbound',
      state: 'ended',
      result: 'completed',
      ramal: '3501',
      user: 'ana',
      peer: { raw: '4732100123' },
      recording: 'https://pbx.example/1.wav',
      matchedBy: 'created',
    });
    expect(await test.toldTo(tenant, 'ana')).toEqual([
      'call.created',
      'popup.show:incoming',
      'call.answered',
      'popup.update:incoming',
      'call.ended',
      'popup.hide:incoming',
      'popup.show:end',
      'recording.ready',
      'popup.update:end',
    ]);
  });

  it('R44 of an agent who is away is saved without the end pop-up, and says why', async () => {
    await send('incoming', INBOUND);
    await send('ended', INBOUND);
    expect(await test.toldTo(tenant, 'ana')).not.toContain('popup.show:end');
    expect((await test.eventsOf(tenant)).at(-1)).toMatchObject({ popupSkipped: 'not_logged_in' });
  });

  it('R44 of an outgoing call by hand is found by its extension', async () => {
    await send('ended', { ...OUTBOUND, audio: 'a.wav' });
    expect(await test.callsOf(tenant)).toMatchObject([
      { direction: 'outbound', user: 'ana', state: 'ended', recording: 'a.wav' },
    ]);
  });

  it('between two extensions is one internal call', async () => {
    for (const kind of ['incoming', 'answered', 'ended'] as const)
      await send(kind, { origem: '3501', destino: '3502' });
    expect(await test.callsOf(tenant)).toMatchObject([
      { direction: 'internal', user: 'bruno', state: 'ended' },
    ]);
  });

  it('I3 of nobody we know is one call too, however often it is told', async () => {
    const foreign = { origem: '4732100123', destino: '4733330000' };
    const told = await Promise.all(Array.from({ length: 20 }, () => send('incoming', foreign)));
    expect(told.filter(({ outcome }) => outcome === 'stored')).toHaveLength(1);
    await send('ended', foreign);
    expect(await test.callsOf(tenant)).toMatchObject([{ direction: 'unknown', state: 'ended' }]);
  });

  it('R46 goes by the CTI’s own id where it sends one', async () => {
    const [a, b] = [
      { ...INBOUND, id: 'x1' },
      { ...INBOUND, id: 'x2' },
    ];
    const first = await send('incoming', a);
    const second = await send('incoming', b);
    expect(second.callId).not.toBe(first.callId);
    expect((await send('ended', { id: 'x1' })).callId).toBe(first.callId);
    expect((await send('ended', { id: 'x2' })).callId).toBe(second.callId);
    for (const event of (await test.eventsOf(tenant)).slice(2))
      expect(event).toMatchObject({ matchedBy: 'external_id' });
  });

  it('I6 is its tenant’s alone, though the numbers and the ids are another’s too', async () => {
    const other = newProfile();
    const same = { ...INBOUND, id: 'x1' };
    const [a, b] = [await send('incoming', same), await send('incoming', same, other)];
    expect(a.callId).not.toBe(b.callId);
    await send('ended', { id: 'x1' }, other);
    expect(await test.callsOf(tenant)).toMatchObject([{ state: 'ringing' }]);
    expect(await test.toldTo(tenant, 'ana')).toEqual(['call.created', 'popup.show:incoming']);
  });
});

describe('I3 at the same time', () => {
  it('fifty identical callbacks are one event', async () => {
    const told = await Promise.all(Array.from({ length: 50 }, () => send('incoming', INBOUND)));
    expect(told.filter(({ outcome }) => outcome === 'stored')).toHaveLength(1);
    expect(new Set(told.map(({ callId }) => callId)).size).toBe(1);
    expect(await test.eventsOf(tenant)).toHaveLength(1);
    expect(await test.toldTo(tenant, 'ana')).toEqual(['call.created', 'popup.show:incoming']);
  });

  it('fifty different calls to one extension are fifty calls', async () => {
    const told = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        send('incoming', { origem: `47321001${10 + i}`, destino: '3501' }),
      ),
    );
    expect(new Set(told.map(({ callId }) => callId)).size).toBe(50);
    expect(await test.eventsOf(tenant)).toHaveLength(50);
  });

  it('thirty different facts of one call all find it', async () => {
    const told = await Promise.all(
      Array.from({ length: 30 }, (_, i) => send('ended', { ...INBOUND, duracao: String(i + 1) })),
    );
    expect(new Set(told.map(({ callId }) => callId)).size).toBe(1);
    expect(await test.eventsOf(tenant)).toHaveLength(30);
    expect((await test.callsOf(tenant)).length).toBe(1);
  });

  it('all callbacks of many calls, each told twice, are those calls', async () => {
    const kinds = ['incoming', 'answered', 'ended', 'recording'] as const;
    const all = Array.from({ length: 15 }, (_, i) =>
      kinds.flatMap((kind) => [kind, kind].map((k) => [k, i] as const)),
    );
    await Promise.all(
      all
        .flat()
        .map(([kind, i]) =>
          send(kind, { origem: `473210${1000 + i}`, destino: '3501', id: `x${i}`, audio: `${i}.wav` }),
        ),
    );
    const calls = await test.callsOf(tenant);
    expect(calls).toHaveLength(15);
    for (const call of calls)
      expect(call).toMatchObject({
        state: 'ended',
        result: 'completed',
        recording: expect.stringMatching(/wav$/),
      });
    expect(await test.eventsOf(tenant)).toHaveLength(60);
  });
});

describe('I4 in any order', () => {
  const story: [CallbackKind, Record<string, string>][] = [
    ['incoming', INBOUND],
    ['answered', INBOUND],
    ['ended', { ...INBOUND, duracao: '61' }],
    ['recording', { ...INBOUND, audio: 'https://pbx.example/1.wav' }],
  ];
  const orders = permute(story.map((_, i) => i));

  it.each([
    ['by their numbers', {}],
    ['by the CTI’s id', { id: 'x1' }],
  ])('all 24 orders of a call’s callbacks make the same call, %s', async (_, id) => {
    expect(orders).toHaveLength(24);
    const views = await Promise.all(
      orders.map(async (order) => {
        const to = newProfile();
        for (const i of order) {
          const [kind, variables] = story[i] ?? story[0]!;
          await send(kind, { ...variables, ...id }, to);
        }
        const calls = await test.callsOf(to.tenant.tenant);
        expect([order, calls.length]).toEqual([order, 1]);
        return withoutTimes(calls[0] as CallView);
      }),
    );
    for (const view of views) expect(view).toEqual(views[0]);
    expect(views[0]).toMatchObject({ state: 'ended', result: 'completed', answered: true });
  });

  it('told twice each, in any order, too', async () => {
    const views = await Promise.all(
      orders
        .filter((_, i) => i % 3 === 0)
        .map(async (order) => {
          const to = newProfile();
          for (const i of [...order, ...order.toReversed()]) {
            const [kind, variables] = story[i] ?? story[0]!;
            await send(kind, variables, to);
          }
          expect(await test.eventsOf(to.tenant.tenant)).toHaveLength(4);
          return withoutTimes((await test.callsOf(to.tenant.tenant))[0] as CallView);
        }),
    );
    for (const view of views) expect(view).toEqual(views[0]);
  });
});

describe('what a callback says', () => {
  it('that names no call is the sender’s to mend', async () => {
    await expect(send('ended', { foo: 'bar' })).rejects.toMatchObject({ code: 'bad_request' });
    await expect(send('incoming', {})).rejects.toMatchObject({ code: 'bad_request' });
    expect(await test.eventsOf(tenant)).toEqual([]);
  });

  it('I8 is never logged but for the names nobody asked for', async () => {
    await send('ended', { ...INBOUND, canary: 'canary-value', status: 'canary-status' });
    const log = test.noted.join('\n');
    expect(log).toContain('"names":["canary"]');
    expect(log).not.toMatch(/4732100123|canary-value/);
  });

  it('is stored though the tenant can’t dial', async () => {
    expect(profile.cti.status).toBe('not_configured');
    expect((await send('incoming', INBOUND)).outcome).toBe('stored');
  });
});

it('with Redis away fails, so that the CTI tries again', async () => {
  await test.server.kill();
  await expect(send('incoming', INBOUND)).rejects.toThrow();
});

function permute<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, i) => permute(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}
