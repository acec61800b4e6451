import type { FleetDeaths } from './dialer-fleet.ts';
import type { BookedDial } from './dial-book.ts';
import { isEverSick } from './failpoint-tenants.ts';
import { INTENT_FAULTS, type IntentFault, type IntentVerdict } from './judge-intents.ts';

/** What happened while the dialers died at one point. */
interface PhaseReport {
  intents: number;
  kills: number;
  /** Requests in the CTI's log. */
  originates: number;
  accepted: number;
  uncertain: number;
  failed: number;
  expired: number;
  /** The least time between a request's arrival at the CTI and its deadline, in ms. */
  worstMarginMs: number | null;
  /** The longest from a click to its final state, in ms. */
  worstFinalMs: number | null;
  /** From a click to the word that the CTI took it, as the agent heard it, 99 of 100, of CTIs that are always well. */
  wellP99Ms: number | null;
}

/** The last line of a run that kills the dialers. All from `doubleOriginates` to `crashes` must be zero. */
export interface FailpointReport extends Record<IntentFault, number> {
  ok: boolean;
  mode: 'failpoints';
  intents: number;
  kills: number;
  failpoints: Record<string, PhaseReport>;
  worstMarginMs: number | null;
  worstFinalMs: number | null;
  /** Points at which no dialer died: nothing is shown of them. */
  noKills: number;
  /** Dialers that ended without being killed. */
  crashes: number;
  gateways: number;
  seed: number;
  seconds: number;
}

/** A click that was judged. */
export interface JudgedDial {
  dial: BookedDial;
  originates: number;
  verdict: IntentVerdict;
}

/** Puts the counts into the order in which they are read. */
export function toFailpointReport(run: {
  judged: readonly JudgedDial[];
  deaths: ReadonlyMap<string, FleetDeaths>;
  gateways: number;
  seed: number;
  seconds: number;
}): FailpointReport {
  const { judged, deaths, gateways, seed, seconds } = run;
  const kills = [...deaths.values()].reduce((sum, { killed }) => sum + killed, 0);
  const found = {
    ...countFaults(judged),
    noKills: [...deaths.values()].reduce(
      (sum, { killed, unproven, calm = false }) => sum + (calm ? 0 : killed === 0 ? 1 : unproven.length),
      0,
    ),
    crashes: [...deaths.values()].reduce((sum, { crashed }) => sum + crashed, 0),
  };
  return {
    ok: Object.values(found).every((count) => count === 0),
    mode: 'failpoints',
    ...{ intents: judged.length, kills },
    failpoints: Object.fromEntries(
      [...deaths].map(([phase, { killed }]) => [
        phase,
        toPhaseReport(
          judged.filter(({ dial }) => dial.phase === phase),
          killed,
        ),
      ]),
    ),
    ...toWorst(judged),
    ...found,
    ...{ gateways, seed, seconds },
  };
}

function countFaults(judged: readonly JudgedDial[]): Record<IntentFault, number> {
  const counts = Object.fromEntries(INTENT_FAULTS.map((fault) => [fault, 0])) as Record<IntentFault, number>;
  for (const { verdict } of judged) for (const fault of verdict.faults) counts[fault] += 1;
  return counts;
}

function toPhaseReport(judged: readonly JudgedDial[], kills: number): PhaseReport {
  const heard = (state: string) => judged.filter(({ dial }) => dial.told[0]?.state === state).length;
  return {
    intents: judged.length,
    kills,
    originates: judged.reduce((sum, { originates }) => sum + originates, 0),
    accepted: heard('dial.accepted'),
    uncertain: heard('dial.uncertain'),
    failed: heard('dial.failed'),
    expired: heard('dial.expired'),
    ...toWorst(judged),
    wellP99Ms: toWellP99(judged),
  };
}

function toWellP99(judged: readonly JudgedDial[]): number | null {
  const took = judged
    .filter(({ dial }) => !isEverSick(dial.agent.tenant) && dial.told[0]?.state === 'dial.accepted')
    .map(({ dial }) => (dial.told[0]?.heardMs ?? 0) - dial.askedMs)
    .toSorted((a, b) => a - b);
  return took[Math.ceil(took.length * 0.99) - 1] ?? null;
}

function toWorst(judged: readonly JudgedDial[]): Pick<PhaseReport, 'worstMarginMs' | 'worstFinalMs'> {
  const margins = judged.flatMap(({ verdict }) => verdict.marginMs ?? []);
  const finals = judged.flatMap(({ verdict }) => verdict.finalAfterMs ?? []);
  return {
    worstMarginMs: margins.length === 0 ? null : Math.round(margins.reduce((a, b) => Math.min(a, b))),
    worstFinalMs: finals.length === 0 ? null : Math.round(finals.reduce((a, b) => Math.max(a, b))),
  };
}
