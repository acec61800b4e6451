import { type Answer, sleepUntil, startPbx, startTcp, type TestPbx } from '@ramal/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestDialer, profileOf, type TestDialer } from '../test/open-test-dialer.ts';
import type { Attempt } from './dial-attempt.ts';
import { runDial } from './run-dial.ts';

let dialer: TestDialer;
const open: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  dialer = await openTestDialer();
});
afterAll(() => dialer.close());
beforeEach(() => {
  dialer.directory.before = () => undefined;
  dialer.directory.credentials = {
    ramal: '3501',
    agente: 'ana',
    senha: 'canary-senha',
    token: 'canary-token',
  };
  dialer.noted.length = 0;
});
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

const LAST: Attempt = { number: 6, retryInMs: null };
const FIRST: Attempt = { number: 1, retryInMs: 250 };
type Job = Awaited<ReturnType<TestDialer['click']>>;
const run = ({ tenant, intentId }: Job, attempt = LAST) =>
  runDial({ tenant, intentId }, attempt, dialer.deps);

/** A PBX that is the tenant's. */
async function pbxThat(answer?: Answer): Promise<TestPbx> {
  const pbx = await startPbx(answer);
  open.push(pbx);
  dialer.directory.profile = profileOf(pbx.port);
  return pbx;
}
async function toldOf(job: Job): Promise<string[]> {
  return (await dialer.eventsOf(job)).map((event) =>
    'reason' in event ? `${event.type} ${event.reason}` : event.type,
  );
}

describe('I2 the deadline', () => {
  it('passed before the dial was taken: it expires, nobody is asked', async () => {
    const pbx = await pbxThat();
    const job = await dialer.click({ leftMs: -1 });
    await run(job, FIRST);
    expect(await toldOf(job)).toEqual(['call.requested', 'dial.expired deadline_passed']);
    expect(pbx.connections).toBe(0);
  });

  it('passed while everything was looked up: nobody is asked', async () => {
    const pbx = await pbxThat();
    const job = await dialer.click();
    dialer.directory.before = () => dialer.leave(job, -1);
    await run(job, FIRST);
    expect(await toldOf(job)).toEqual(['call.requested', 'dial.expired deadline_passed']);
    expect(pbx.requests).toEqual([]);
  });

  it('so near that the CTI might hear of the dial after it: nobody is asked', async () => {
    const pbx = await pbxThat();
    const job = await dialer.click({ leftMs: 140 });
    await run(job, FIRST);
    expect((await toldOf(job)).at(-1)).toMatch(/^dial\.(failed|expired) deadline_passed$/);
    expect(pbx.requests).toEqual([]);
  });

  it('ends the wait for a mute CTI: nobody knows, in time and once', async () => {
    const pbx = await pbxThat(() => undefined);
    const job = await dialer.click({ leftMs: 1_500 });
    const startedMs = performance.now();
    await run(job, FIRST);
    expect(performance.now() - startedMs).toBeLessThan(8_000);
    expect(await toldOf(job)).toEqual(['call.requested', 'dial.requesting', 'dial.uncertain cti_timeout']);
    expect(pbx.requests).toHaveLength(1);
  });

  it('bounds the wait for a connection', async () => {
    const mute = await startTcp(() => undefined);
    open.push(mute);
    dialer.directory.profile = profileOf(mute.port, { cti_protocolo: 'https' });
    const job = await dialer.click({ leftMs: 300 });
    const startedMs = performance.now();
    await run(job, FIRST);
    expect(performance.now() - startedMs).toBeLessThan(8_000);
    expect((await toldOf(job)).at(-1)).toMatch(/^dial\.(failed cti_unreachable|expired deadline_passed)$/);
  });
});

describe('I1 after the request has left', () => {
  it.each([
    ['a no', (status: number) => status, 404, 'dial.failed cti_rejected'],
    ['wrong credentials', (status: number) => status, 401, 'dial.failed cti_auth_failed'],
    ['an error', (status: number) => status, 502, 'dial.uncertain cti_error'],
  ])('%s is final: nothing is repeated', async (_, toStatus, status, told) => {
    const pbx = await pbxThat((_request, response) => response.writeHead(toStatus(status)).end());
    const job = await dialer.click();
    await run(job, FIRST);
    expect((await toldOf(job)).slice(1)).toEqual(['dial.requesting', told]);
    await run(job, FIRST);
    expect(pbx.requests).toHaveLength(1);
  });

  it('canceled while everything was looked up: nobody is asked', async () => {
    const pbx = await pbxThat();
    const job = await dialer.click();
    dialer.directory.before = async () => {
      const found = await dialer.intents.find(job.tenant, job.intentId);
      if (found !== null) await dialer.intents.step(found.intent, { type: 'dial.canceled' });
    };
    await run(job, FIRST);
    expect(await toldOf(job)).toEqual(['call.requested', 'dial.canceled canceled_by_agent']);
    expect(pbx.requests).toEqual([]);
    expect(dialer.noted.at(-1)?.event).toBe('skipped');
  });

  it('the CTI’s own callback may come before its answer', async () => {
    const job = await dialer.click();
    const callBack = async () => {
      const view = await dialer.bus.view({ tenant: job.tenant, callId: job.callId });
      const call = view.calls[0];
      if (call === undefined) throw new Error('no call');
      const seen = {
        type: 'call.incoming' as const,
        eventId: crypto.randomUUID(),
        tenant: job.tenant,
        callId: job.callId,
        at: view.nowMs,
        direction: 'outbound' as const,
        matchedBy: 'numbers' as const,
      };
      await dialer.bus.commit({
        tenant: job.tenant,
        callId: job.callId,
        commitId: seen.eventId,
        expectedVersion: call.version,
        events: [...call.events, seen],
        ended: false,
        lines: [],
        deliveries: [],
      });
    };
    await pbxThat((_, response) => void callBack().then(() => response.end('ok')));
    await run(job, FIRST);
    expect(await toldOf(job)).toEqual([
      'call.requested',
      'dial.requesting',
      'call.incoming',
      'dial.accepted',
    ]);
  });

  it('with Redis gone it is still sent once, and the verdict is left to the watchdog', async () => {
    const pbx = await pbxThat((_, response) => {
      void dialer.server.kill().then(() => response.end('ok'));
    });
    const job = await dialer.click({ leftMs: 1_500 });
    const startedMs = performance.now();
    await run(job, FIRST);
    expect(performance.now() - startedMs).toBeLessThan(8_000);
    expect(dialer.noted.some(({ event }) => event === 'failed settle')).toBe(true);
    await dialer.server.restart();
    await sleepUntil(() => dialer.bus.view({ tenant: job.tenant }));
    // Whatever Redis still knows, it never says that the request may leave again.
    expect(['sent', undefined]).toContain(await dialer.stateOf(job));
    await run(job, FIRST);
    expect(pbx.requests).toHaveLength(1);
  });
});
