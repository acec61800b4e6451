import type { CtiOutcome } from '@ramal/bus';
import { OutboundFailedError } from '@ramal/outbound';
import { startPbx } from '@ramal/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDialer, profileOf, type TestDialer } from '../test/open-test-dialer.ts';
import { toCtiOutcome } from './cti-place.ts';
import type { RunDialDeps } from './dial-attempt.ts';
import { runDial } from './run-dial.ts';

let dialer: TestDialer;
beforeAll(async () => {
  dialer = await openTestDialer();
  dialer.directory.profile = profileOf(1);
});
afterAll(() => dialer.close());

/** What one attempt says about its CTI. */
async function outcomeOf(over: Partial<RunDialDeps>, leftMs: number): Promise<CtiOutcome[]> {
  const said: CtiOutcome[] = [];
  const { gate } = dialer.deps;
  const listening: RunDialDeps['gate'] = {
    ...gate,
    leave(tenant, fence, outcome) {
      said.push(outcome);
      return gate.leave(tenant, fence, outcome);
    },
  };
  const { tenant, intentId } = await dialer.click({ leftMs });
  await runDial(
    { tenant, intentId },
    { number: 1, retryInMs: null },
    { ...dialer.deps, ...over, gate: listening },
  );
  return said;
}

const failsWith = (code: string): Partial<RunDialDeps> => ({
  outbound: { connect: () => Promise.reject(new OutboundFailedError(code)) },
  connectTimeoutMs: 3_000,
});

describe('a CTI is not held to be down for a dial that came late to it', () => {
  it.each([
    ['CONNECT_TIMEOUT', 8_000, 'failed'],
    ['CONNECT_TIMEOUT', 2_000, 'neutral'],
    ['TLS_TIMEOUT', 2_000, 'neutral'],
    ['DNS_TIMEOUT', 2_000, 'neutral'],
    ['ECONNREFUSED', 2_000, 'failed'],
  ] as const)('%s with %i ms left: %s', async (code, leftMs, outcome) => {
    expect(await outcomeOf(failsWith(code), leftMs)).toEqual([outcome]);
  });

  it('mute, with a moment left', async () => {
    const pbx = await startPbx(() => undefined);
    dialer.directory.profile = profileOf(pbx.port);
    expect(await outcomeOf({}, 700)).toEqual(['neutral']);
    await pbx.close();
  });

  it.each([
    [{ kind: 'timeout', code: 'HEAD_TIMEOUT' }, 2_999, 'neutral'],
    [{ kind: 'timeout', code: 'HEAD_TIMEOUT' }, 3_000, 'failed'],
    [{ kind: 'reset', code: 'ECONNRESET' }, 100, 'failed'],
    [{ kind: 'answered', status: 503, latencyMs: 5 }, 100, 'failed'],
    [{ kind: 'answered', status: 404, latencyMs: 5 }, 100, 'ok'],
  ] as const)('%j within %i ms: %s', (answer, givenMs, outcome) => {
    expect(toCtiOutcome(answer, givenMs)).toBe(outcome);
  });
});
