import type { RunEnvironment } from '@ramal/devstack';
import type { FailpointOptions, LedgerOptions } from './options.ts';

export type LedgerRunOptions = LedgerOptions & RunEnvironment;

export type FailpointRunOptions = FailpointOptions & RunEnvironment;
