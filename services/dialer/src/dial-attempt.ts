import {
  type DialIntent,
  type DialIntents,
  type NewTrace,
  NO_TRACES,
  type SentGuard,
  type TraceRecorder,
} from '@ramal/bus';
import type { TraceStep } from '@ramal/contracts';
import type { Outbound } from '@ramal/outbound';
import type { TenantLookup } from '@ramal/store';
import type { PlaceDeps } from './cti-place.ts';
import type { Events } from './events.ts';

export interface RunDialDeps {
  intents: DialIntents;
  /** In front of each tenant's CTI. */
  gate: PlaceDeps['gate'];
  /** Between the record that a dial is sent and its first byte. */
  guard: Pick<SentGuard, 'isKept'>;
  lookup: TenantLookup;
  events: Events;
  connectTimeoutMs: number;
  /** The process' one door to CTIs. */
  outbound: Pick<Outbound, 'connect'>;
  recorder?: TraceRecorder;
}

/** How a job goes on: `retryInMs` is null when this attempt is the last one. */
export interface Attempt {
  number: number;
  retryInMs: number | null;
  /** How often it came before and was told to wait for its turn; default 0. */
  waits?: number;
  /** Told when the dial has its place at the CTI: from then on it mostly waits for others. */
  onPlaced?(): void;
}

/** A dial that this attempt has claimed. */
export interface Dial {
  intent: DialIntent;
  attempt: Attempt;
  /** Until the deadline. */
  leftMs(): number;
}

/** How long past the deadline the CTI's answer is waited for; the watchdog speaks a little later. */
export const ANSWER_GRACE_MS = 800;

/**
 * What a request may take until the CTI knows of it, in ms: with less left it could arrive after the deadline. On a machine without a
 * moment to spare one of 39,000 took 70.
 */
export const ON_THE_WAY_MS = 150;

/** Notes a step on the call's way for the flight recorder. */
export function recordStep(
  { recorder = NO_TRACES }: RunDialDeps,
  { tenant, callId, user }: DialIntent,
  step: TraceStep,
  detail: NonNullable<NewTrace['detail']>,
): void {
  recorder.record(tenant, { callId, step, user, detail });
}
