import type { CtiOutcome } from '@ramal/bus';
import { OutboundFailedError } from '@ramal/outbound';
import { startPbx } from '@ramal/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDialer, profileOf, type TestDialer } from '../test/open-test-dialer.ts';
import { DialWaitingError, takePlace, toCtiOutcome } from './cti-place.ts';
import { DialRefusedError } from './errors.ts';
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

describe('a dial that is told to wait', () => {
  const waitFor = async (gateMs: number, waits: number, leftMs: number) => {
    const { deps } = dialer;
    const gate = { ...deps.gate, enter: async () => ({ kind: 'wait', ms: gateMs }) as const };
    const dial = { tenant: 'demo', fence: 'f', waits, again: false, leftMs };
    return takePlace(dial, { ...deps, gate }).catch((error: unknown) => error);
  };
  it.each([
    // The gate says when its turn is; the first time that is what counts.
    [100, 0, 9_000, 100],
    [100, 2, 9_000, 100],
    [100, 3, 9_000, 160],
    [100, 4, 9_000, 320],
    [100, 9, 9_000, 500],
    [2_000, 9, 9_000, 2_000],
    // Never so late that no time is left for its turn.
    [100, 9, 450, 350],
  ])('%i ms by the gate, %i waits, %i ms left: comes back in %i', async (gateMs, waits, leftMs, waitMs) => {
    dialer.directory.profile = profileOf(1);
    const error = await waitFor(gateMs, waits, leftMs);
    expect(error).toBeInstanceOf(DialWaitingError);
    expect((error as DialWaitingError).waitMs).toBe(waitMs);
  });

  it('is refused when its turn comes too late', async () => {
    expect(await waitFor(100, 0, 200)).toBeInstanceOf(DialRefusedError);
    expect(await waitFor(100, 9, 200)).toBeInstanceOf(DialRefusedError);
  });
});
