import { type CtiSettings, toDialPolicy } from '@ramal/cti';
import { startPbx, type TestPbx } from '@ramal/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestDialer, profileOf, type TestDialer } from '../test/open-test-dialer.ts';
import { runDial } from './run-dial.ts';

let dialer: TestDialer;
let pbx: TestPbx;
beforeAll(async () => {
  dialer = await openTestDialer();
  pbx = await startPbx();
});
afterAll(async () => {
  await pbx.close();
  await dialer.close();
});

/** A click that was recorded before the company set this; tells what became of it. */
async function runWith(settings: CtiSettings, to: string): Promise<string[]> {
  const job = await dialer.click({ to });
  dialer.directory.profile = { ...profileOf(pbx.port), policy: toDialPolicy(settings) };
  await runDial({ ...job }, { number: 1, retryInMs: 250 }, dialer.deps);
  return (await dialer.eventsOf(job)).map((event) =>
    'reason' in event ? `${event.type} ${event.reason}` : event.type,
  );
}

it.each<[CtiSettings, string, string]>([
  [{ dialsBlocked: true }, '4732100123', 'dials_blocked'],
  [{}, '0900123456', 'destination_premium'],
  [{}, '+351912345678', 'destination_international'],
  [{ destinations: { deny: ['+5547'] } }, '4732100123', 'destination_denied'],
])('threat 1 with %j a dial to %s that waits is not sent: %s', async (settings, to, reason) => {
  const connections = pbx.connections;
  expect(await runWith(settings, to)).toEqual(['call.requested', `dial.failed ${reason}`]);
  expect(pbx.connections).toBe(connections);
});

it('threat 1 what is allowed goes out as it was given', async () => {
  const told = await runWith({ destinations: { international: ['+351'] } }, '+351912345678');
  expect(told).toEqual(['call.requested', 'dial.requesting', 'dial.accepted']);
  expect(pbx.requests.at(-1)?.target).toContain('destino=%2B351912345678');
});
