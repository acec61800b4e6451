import type { FailpointOptions, LedgerOptions } from './options.ts';

/** What a run needs besides its options. */
export interface RunEnvironment {
  /** Gets one line of progress now and then. */
  log(line: string): void;
  /** Gives the run up: what was started is stopped, and the run fails with the signal's reason. */
  signal: AbortSignal;
  /** Gets what kills every process at once, as soon as there are some. */
  onKillable?(killAll: () => void): void;
}

export type LedgerRunOptions = LedgerOptions & RunEnvironment;

export type FailpointRunOptions = FailpointOptions & RunEnvironment;
