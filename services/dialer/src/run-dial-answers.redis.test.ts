import type { CtiSettings } from '@ramal/cti';
import { startPbx, type TestPbx } from '@ramal/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openTestDialer, profileOf, type TestDialer } from '../test/open-test-dialer.ts';
import type { Attempt } from './dial-attempt.ts';
import { runDial } from './run-dial.ts';

let dialer: TestDialer;
let pbx: TestPbx;
let said: { status: number; body: string };
beforeAll(async () => {
  dialer = await openTestDialer();
  pbx = await startPbx((_, response) => response.writeHead(said.status).end(said.body));
});
afterAll(async () => {
  await pbx.close();
  await dialer.close();
});
afterEach(() => {
  pbx.requests.length = 0;
});

const FIRST: Attempt = { number: 1, retryInMs: 250 };

/** What becomes of a dial that the CTI answers so, with time left for another try. */
async function dialWith(settings: CtiSettings, status: number, body: string) {
  said = { status, body };
  dialer.directory.profile = profileOf(pbx.port, {}, settings);
  const job = await dialer.click();
  await runDial({ tenant: job.tenant, intentId: job.intentId }, FIRST, dialer.deps);
  expect(pbx.requests).toHaveLength(1);
  return (await dialer.eventsOf(job)).at(-1);
}

describe("what the CTI's answer says beyond its status", () => {
  it('is its own id of the call', async () => {
    const last = await dialWith({ answerId: { pointer: '/id' } }, 200, '{"status":"ok","id":1732312345.120}');
    expect(last).toMatchObject({ type: 'dial.accepted', externalCallId: '1732312345.120' });
  });

  it('is nothing where the company has not said where to look', async () => {
    const last = await dialWith({}, 200, '{"status":"ok","id":17}');
    expect(last?.type).toBe('dial.accepted');
    expect(last).not.toHaveProperty('externalCallId');
  });

  it('is an error, though the status is 200', async () => {
    const answerReasons = { 'ramal fora do ar': 'ramal_offline' as const };
    const last = await dialWith({ answerReasons }, 200, '{"erro":"Ramal fora do ar"}');
    expect(last).toMatchObject({ type: 'dial.failed', reason: 'ramal_offline', status: 200 });
  });

  it('is why, of a refusal in usual words', async () => {
    const last = await dialWith({}, 422, 'Número inválido');
    expect(last).toMatchObject({ type: 'dial.failed', reason: 'number_rejected', status: 422 });
  });

  it.each([200, 400, 500, 503])('I1 is never by itself a reason to ask again: %s', async (status) => {
    const last = await dialWith({ answerReasons: { 'tente de novo': 'cti_busy' } }, status, 'tente de novo');
    expect(last).toMatchObject({ type: 'dial.failed', reason: 'cti_busy', status });
  });
});
