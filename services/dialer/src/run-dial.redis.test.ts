import { reduceCall } from '@ramal/calls';
import { type Answer, findFreePort, sleepUntil, startPbx, startTcp, type TestPbx } from '@ramal/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestDialer, profileOf, type TestDialer } from '../test/open-test-dialer.ts';
import { DialUnsentError } from './errors.ts';
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

describe('R43 a dial', () => {
  it('asks the CTI once, as configured, and tells every step', async () => {
    const pbx = await pbxThat();
    const job = await dialer.click();
    await run(job);
    expect(pbx.requests).toHaveLength(1);
    expect(pbx.requests[0]).toMatchObject({
      method: 'GET',
      target: '/api/clicktodial?origem=3501&destino=4732100123',
    });
    expect(pbx.requests[0]?.headers).toContain(`Basic ${btoa('ana:canary-senha')}`);
    expect(await toldOf(job)).toEqual(['call.requested', 'dial.requesting', 'dial.accepted']);
    expect(await dialer.stateOf(job)).toBe('accepted');
    expect(reduceCall(await dialer.eventsOf(job)).state).toBe('ringing');
    expect(dialer.noted.map(({ event }) => event)).toEqual(['attempted', 'requestSent', 'finished']);
  });

  it('I8 leaves neither number nor credential in what is noted about it', async () => {
    await pbxThat((_, response) => response.writeHead(500).end());
    await run(await dialer.click());
    dialer.directory.profile = profileOf(await findFreePort());
    await run(await dialer.click());
    const noted = dialer.noted.map(({ event, fields }) => event + fields).join();
    expect(noted).toContain('finished');
    expect(noted).not.toMatch(/4732100123|canary|127\.0\.0\.1|YW5hOmNhbmFyeS1zZW5oYQ/);
  });

  it('I1 run again after it was sent asks nobody', async () => {
    const pbx = await pbxThat();
    const job = await dialer.click();
    await run(job);
    await run(job);
    await run(job, FIRST);
    expect(pbx.requests).toHaveLength(1);
    expect(await toldOf(job)).toHaveLength(3);
  });

  it('I1 run twenty times at once asks once', async () => {
    const pbx = await pbxThat();
    const job = await dialer.click();
    // Those that lose their claim may want to try again: what counts is what the CTI saw.
    await Promise.allSettled(Array.from({ length: 20 }, () => run(job)));
    await sleepUntil(async () => (await dialer.stateOf(job)) !== 'sent');
    expect(pbx.requests).toHaveLength(1);
    expect(await dialer.stateOf(job)).toBe('accepted');
    expect(await toldOf(job)).toEqual(['call.requested', 'dial.requesting', 'dial.accepted']);
  });

  it('of an unknown intent is skipped', async () => {
    await run({ tenant: 'nobody', intentId: 'none', callId: '' });
    expect(dialer.noted).toMatchObject([{ event: 'skipped' }]);
  });
});

describe('a dial that is refused', () => {
  type Row = [reason: string, arrange: () => void];
  it.each<Row>([
    [
      'tenant_disabled',
      () => {
        dialer.directory.profile = null;
      },
    ],
    [
      'tenant_disabled',
      () => {
        const profile = profileOf(1);
        dialer.directory.profile = { ...profile, tenant: { ...profile.tenant, active: false } };
      },
    ],
    [
      'cti_disabled',
      () => {
        dialer.directory.profile = profileOf(1, { usa_cti: 0 });
      },
    ],
    [
      'unsupported_cti_type',
      () => {
        dialer.directory.profile = profileOf(1, { cti_tipo: 11 });
      },
    ],
    [
      'cti_config_invalid',
      () => {
        dialer.directory.profile = profileOf(1, { cti_porta: 'x' });
      },
    ],
    [
      'cti_not_configured',
      () => {
        dialer.directory.profile = profileOf(1, { cti_ip: '' });
      },
    ],
    [
      'cti_credentials_missing',
      () => {
        dialer.directory.credentials = null;
      },
    ],
    [
      'cti_credentials_missing',
      () => {
        dialer.directory.credentials = { ramal: '3501', agente: 'ana', senha: null, token: null };
      },
    ],
    [
      'cti_config_invalid',
      () => {
        dialer.directory.credentials = { ramal: '3501', agente: 'a:na', senha: 'x', token: null };
      },
    ],
  ])('%s (%#): at once, for good, and nobody is asked', async (reason, arrange) => {
    const pbx = await pbxThat();
    arrange();
    const job = await dialer.click();
    await run(job, FIRST);
    expect(await toldOf(job)).toEqual(['call.requested', `dial.failed ${reason}`]);
    expect(await dialer.stateOf(job)).toBe('failed');
    expect(pbx.connections).toBe(0);
  });

  it('number_not_diallable: a + does not go behind a prefix', async () => {
    const pbx = await pbxThat();
    dialer.directory.profile = profileOf(pbx.port, { cti_usa_zero_ddd: 1 });
    const job = await dialer.click({ to: '+554732100123' });
    await run(job, FIRST);
    expect(await toldOf(job)).toEqual(['call.requested', 'dial.failed number_not_diallable']);
    expect(pbx.connections).toBe(0);
  });
});

describe('I1 a dial that could not be sent', () => {
  it('is tried again, and once sent is sent once', async () => {
    const port = await findFreePort();
    dialer.directory.profile = profileOf(port);
    const job = await dialer.click();
    await expect(run(job, FIRST)).rejects.toBeInstanceOf(DialUnsentError);
    expect(await dialer.stateOf(job)).toBe('claimed');
    expect(await toldOf(job)).toEqual(['call.requested']);
    const pbx = await pbxThat();
    await run(job, { number: 2, retryInMs: 500 });
    expect(pbx.requests).toHaveLength(1);
    expect((await dialer.eventsOf(job))[1]).toMatchObject({ type: 'dial.requesting', attempt: 2 });
    expect(await dialer.stateOf(job)).toBe('accepted');
  });

  it.each([
    ['at the last attempt', LAST, undefined],
    ['when the next attempt would be too late', FIRST, 300],
  ])('fails %s', async (_, attempt, leftMs) => {
    dialer.directory.profile = profileOf(await findFreePort());
    const job = await dialer.click(leftMs === undefined ? {} : { leftMs });
    await run(job, attempt);
    expect(await toldOf(job)).toEqual(['call.requested', 'dial.failed cti_unreachable']);
  });

  it('is tried again when the directory is out of reach', async () => {
    const pbx = await pbxThat();
    dialer.directory.before = () => Promise.reject(new Error('PostgreSQL is away'));
    const job = await dialer.click();
    await expect(run(job, FIRST)).rejects.toMatchObject({ reason: 'internal_error' });
    await run(job, LAST);
    expect(await toldOf(job)).toEqual(['call.requested', 'dial.failed internal_error']);
    expect(pbx.connections).toBe(0);
  });

  it('when the CTI hangs up before it was asked', async () => {
    const rude = await startTcp((socket) => socket.destroy());
    open.push(rude);
    dialer.directory.profile = profileOf(rude.port);
    const job = await dialer.click();
    const startedMs = performance.now();
    await run(job, LAST);
    expect(performance.now() - startedMs).toBeLessThan(8_000);
    // Seen in time it is unsent, seen too late nobody knows; never is it said to be placed.
    expect((await toldOf(job)).at(-1)).toMatch(/^dial\.(failed cti_unreachable|uncertain cti_reset)$/);
  });
});
