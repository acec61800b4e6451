import type { RunEnvironment, StartStackOptions } from '@ramal/devstack';
import type { FailpointOptions, LedgerOptions } from './options.ts';

export type LedgerRunOptions = LedgerOptions & RunEnvironment;

export interface FailpointRunOptions extends FailpointOptions, RunEnvironment {
  /** What the services have in their environment besides. */
  env?: StartStackOptions['env'];
}
