import { SealedSecretError } from '@ramal/store';
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

it('threat 3 a secret that was moved or altered fails the dial at once, with a reason that stays the same, and nothing is sent', async () => {
  const job = await dialer.click();
  dialer.directory.profile = profileOf(pbx.port);
  const { lookup } = dialer.deps;
  const deps = {
    ...dialer.deps,
    lookup: {
      ...lookup,
      credentials: () =>
        Promise.reject(
          new SealedSecretError(job.tenant, 'agents.senha of user ana', 'it was moved from elsewhere'),
        ),
    },
  };
  // Attempts are left: it must not come back.
  await runDial({ ...job }, { number: 1, retryInMs: 250 }, deps);
  const told = await dialer.eventsOf(job);
  expect(told.map((event) => ('reason' in event ? `${event.type} ${event.reason}` : event.type))).toEqual([
    'call.requested',
    'dial.failed cti_config_invalid',
  ]);
  expect(pbx.connections).toBe(0);
  const noted = dialer.noted.filter(({ event }) => event === 'secretUnreadable');
  expect(noted).toHaveLength(1);
  expect(noted[0]?.fields).toContain('agents.senha of user ana');
});
