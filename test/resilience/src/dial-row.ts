import { type FailpointReport, type KillPhase, runFailpoints } from '@ramal/ledger';
import type { StartStackOptions } from '@ramal/devstack';
import { type JudgedFigure, type RoundReport, toSpread } from './round-report.ts';
import type { Row, RowContext } from './run-rows.ts';

/** A row whose load is clicks: agents dial while something is wrong, and the simulated CTI's log is the truth (I1, I2). */
export interface DialRow {
  name: string;
  promise: string;
  phases: readonly KillPhase[];
  /** Clicks in each phase at full size. */
  intents: number;
  env?: StartStackOptions['env'];
  /** What else is held against a promise, one line each that is broken. */
  findBroken?(report: FailpointReport): string[];
}

const LEAST_INTENTS = 40;
/** Ten seconds after the click the deadline, two more until the agent must know. */
const FINAL_WITHIN_MS = 12_000;
const COUNTED = [
  'doubleOriginates',
  'afterDeadline',
  'notRecorded',
  'notFinal',
  'lateFinal',
  'twoFinals',
  'falseAccepted',
  'falseFailed',
  'noKills',
  'crashes',
] as const;
/** What a busy machine does to times is none of the promise's doing, where the run says so. */
const TIMELY: readonly string[] = ['lateFinal', 'afterDeadline'];

export function toDialRow(row: DialRow): Row {
  return { name: row.name, promise: row.promise, play: (context) => playDialRow(row, context) };
}

async function playDialRow(row: DialRow, context: RowContext): Promise<RoundReport> {
  const intents = Math.max(LEAST_INTENTS, Math.round(row.intents * context.scale));
  const report = await runFailpoints(
    {
      ...context,
      ...{ intents, gateways: 2 },
      ...(row.env === undefined ? {} : { env: row.env }),
    },
    row.phases,
  );
  const broken = row.findBroken?.(report) ?? [];
  const patience = context.patience ?? 1;
  const counted = COUNTED.filter((fault) => patience === 1 || !TIMELY.includes(fault));
  // A short run may have nobody die at a point by chance: nothing is shown then, and nothing is wrong.
  const judged = counted.filter((fault) => fault !== 'noKills' || context.scale >= 0.2);
  const wrong = Object.fromEntries(
    [...judged.map((fault) => [fault, report[fault]] as const), ['broken', broken.length] as const].filter(
      ([, count]) => count > 0,
    ),
  );
  return {
    name: row.name,
    promise: row.promise,
    ok: Object.keys(wrong).length === 0,
    n: { callbacks: 0, dials: report.intents, popupsDue: 0, sockets: 0 },
    wrong,
    non2xx: 0,
    answered: toSpread([]),
    figures: toFigures(report, patience),
    examples: broken.map((text) => `broken: ${text}`),
    seed: context.seed,
    seconds: report.seconds,
  };
}

function toFigures(report: FailpointReport, patience: number): Record<string, JudgedFigure> {
  const worst = Object.values(report.failpoints).flatMap(({ worstFinalMs }) => worstFinalMs ?? []);
  const spread = toSpread(worst);
  return {
    worstFinalOfPhaseMs: {
      ...spread,
      boundMs: FINAL_WITHIN_MS,
      ok: spread.max <= FINAL_WITHIN_MS * patience,
    },
  };
}
