import type { CtiGate, CtiOutcome } from '@ramal/bus';
import type { TenantLookup } from '@ramal/store';
import { DialRefusedError, DialUnsentError } from './errors.ts';
import type { Events } from './events.ts';
import type { CtiAnswer } from './send-originate.ts';

/** The CTI has no place for the dial now: nothing was sent, and it costs no attempt to come back in so many ms. */
export class DialWaitingError extends Error {
  readonly waitMs: number;
  constructor(waitMs: number) {
    super(`the CTI is busy for ${waitMs} ms`);
    this.waitMs = waitMs;
  }
}

export interface PlaceDeps {
  gate: CtiGate;
  lookup: Pick<TenantLookup, 'profile'>;
  events: Pick<Events, 'breakerMoved' | 'backgroundFailed'>;
}

/** Time at the end of a dial's deadline that is too short for a turn at the CTI, in ms. */
const LEAST_TURN_MS = 100;
/**
 * All places may be taken for as long as a dial lasts: who was told to wait again and again comes back no sooner than this, twice
 * as late each time, in ms.
 */
const FIRST_PATIENCE_MS = 20;
const LONGEST_PATIENCE_MS = 500;

/**
 * Takes a place at the tenant's CTI, to be given back by `leavePlace`.
 * @throws DialRefusedError `cti_unavailable` while its breaker is open, `cti_busy` when it has no place before the deadline
 * @throws DialWaitingError
 */
export async function takePlace(
  dial: { tenant: string; fence: string; waits: number; again: boolean; leftMs: number },
  { gate, lookup }: PlaceDeps,
): Promise<void> {
  const { tenant, waits, ...question } = dial;
  const profile = await lookup.profile(tenant);
  if (profile === null) throw new DialRefusedError('tenant_disabled');
  const entry = await gate.enter(tenant, { ...question, waited: waits > 0, limits: profile.ctiLimits });
  switch (entry.kind) {
    case 'in':
      return;
    case 'down':
      throw new DialRefusedError('cti_unavailable');
    case 'wait': {
      const mostMs = question.leftMs - LEAST_TURN_MS;
      if (entry.ms >= mostMs) throw new DialRefusedError('cti_busy');
      const patienceMs = Math.min(FIRST_PATIENCE_MS * 2 ** waits, LONGEST_PATIENCE_MS);
      throw new DialWaitingError(Math.min(Math.max(entry.ms, patienceMs), mostMs));
    }
  }
}

/** Gives a place back. Never throws: one that can't be given back now runs out by itself. */
export async function leavePlace(
  { tenant, fence }: { tenant: string; fence: string },
  outcome: CtiOutcome,
  { gate, events }: PlaceDeps,
): Promise<void> {
  try {
    const move = await gate.leave(tenant, fence, outcome);
    if (move !== 'unchanged') events.breakerMoved({ tenant, move });
  } catch (error) {
    events.backgroundFailed('leave', error);
  }
}

/** Silence counts against a CTI that was given this long; a dial that came late for want of our own time gives it less. */
const FAIR_ANSWER_MS = 3_000;

/**
 * What an answer says about the CTI: whoever refuses is there.
 * @param givenMs how long it was waited for at most
 */
export function toCtiOutcome(answer: CtiAnswer, givenMs: number): CtiOutcome {
  if (answer.kind === 'answered') return answer.status < 500 ? 'ok' : 'failed';
  return answer.kind === 'timeout' && givenMs < FAIR_ANSWER_MS ? 'neutral' : 'failed';
}

/**
 * What it says about the CTI that nothing was sent: what is wrong with us, or what we refuse, is not its fault.
 * @param hurried the time was shorter than a connection may take
 */
export function toUnsentOutcome(error: unknown, hurried: boolean): CtiOutcome {
  if (!(error instanceof DialUnsentError) || error.reason !== 'cti_unreachable') return 'neutral';
  return hurried && TIMEOUTS.has(error.why) ? 'neutral' : 'failed';
}

const TIMEOUTS: ReadonlySet<string> = new Set(['DNS_TIMEOUT', 'CONNECT_TIMEOUT', 'TLS_TIMEOUT']);
