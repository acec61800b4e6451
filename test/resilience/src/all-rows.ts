import { clockOff, gatewayClockOff } from '../faults/clock-off.ts';
import { ctiSick } from '../faults/cti-sick.ts';
import { disorder } from '../faults/disorder.ts';
import { killDialer } from '../faults/kill-dialer.ts';
import { ackAfterCommit } from '../faults/needed/ack-after-commit.ts';
import { journal } from '../faults/needed/journal.ts';
import { dedupe } from '../faults/needed/dedupe.ts';
import { probe } from '../faults/needed/probe.ts';
import { resume } from '../faults/needed/resume.ts';
import { singleOriginate } from '../faults/needed/single-originate.ts';
import { watchdog } from '../faults/needed/watchdog.ts';
import { redisFailedOver } from '../faults/redis-failed-over.ts';
import { LOAD_FAULTS } from './all-faults.ts';
import { toDialRow } from './dial-row.ts';
import { type Needed, toNeededRow } from './needed.ts';
import { type Row, toLoadRow } from './run-rows.ts';

/** Protections that a test can switch off; each is shown to be needed. */
export const ALL_NEEDED: readonly Needed[] = [
  singleOriginate,
  watchdog,
  probe,
  resume,
  dedupe,
  ackAfterCommit,
  journal,
];

/** The whole table. */
export const ALL_ROWS: readonly Row[] = [
  ...LOAD_FAULTS.map(toLoadRow),
  redisFailedOver,
  disorder,
  ...[killDialer, clockOff, gatewayClockOff, ctiSick].map(toDialRow),
  ...ALL_NEEDED.map(toNeededRow),
];
