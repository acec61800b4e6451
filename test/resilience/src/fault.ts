import type { InstanceName } from '@ramal/devstack';
import type { FaultKind, Random, Stretch } from '@ramal/ledger';
import type { Crowd } from './crowd.ts';
import type { FaultSystem } from './fault-system.ts';

/** Times of one kind that a fault measured, in ms, and what they may be at most. */
export interface Figure {
  name: string;
  valuesMs: readonly number[];
  boundMs: number;
  /** Which of the values is held against the bound; default `max`. */
  judged?: 'p99' | 'max';
}

/** What a fault did, as far as the ledger has to know. */
export interface FaultOutcome {
  figures?: readonly Figure[];
  /** When nothing could reach connected agents: what was over meanwhile is due to nobody. */
  blind?: readonly Stretch[];
  /** When how to dial could be looked up nowhere: see `judgeCalls`. */
  undiallable?: readonly Stretch[];
  /** What this fault may do, and nobody promises that it does not: counted, and told beside the rest. */
  unpromised?: readonly FaultKind[];
  /** What was found wrong besides, one line each: counted as `broken`. */
  broken?: readonly string[];
}

/** A moment of a round at which a fault strikes. */
export interface FaultMoment {
  system: FaultSystem;
  random: Random;
  /** 1 at full size; a fault that lasts is that much shorter below. */
  scale: number;
  signal: AbortSignal;
  log(line: string): void;
  /** A process of a service, at random; of those that a soak leaves alone none. */
  pick(service: 'webhook' | 'history' | 'dialer' | 'ws-gateway'): InstanceName;
  /** All processes that may be hurt, in the order in which a deploy takes them. */
  all(): readonly InstanceName[];
  /** Agents and callbacks without number. */
  crowd: Crowd;
}

/** Something that goes wrong while the system is under load, and what it must not cost. */
export interface Fault {
  /** As `--rows` names it. */
  name: string;
  /** What is promised, in the words of the table. */
  promise: string;
  /** Every callback is answered 2xx by one process or another, without being sent again. */
  always2xx?: boolean;
  /** Sockets of the crowd at full size; default a few. */
  sockets?: number;
  /** Strikes, and resolves when all is as before. */
  inject(moment: FaultMoment): Promise<FaultOutcome>;
}

/** The fault's full length, cut to the scale of the run, and never below `leastMs`. */
export function toLength(fullMs: number, scale: number, leastMs: number): number {
  return Math.max(leastMs, Math.min(fullMs, Math.round(fullMs * scale)));
}

/** How long before an outage a click may be recorded that then can't be dialled in time: as long as a dial's deadline. */
export const DIAL_MS = 10_000;
