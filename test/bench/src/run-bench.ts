import { renderFairness, runFairness } from './fairness.ts';
import { runHostile } from './hostile.ts';
import { renderHostile } from './hostile-report.ts';
import type { BenchRequest } from './options.ts';
import { renderSpeed } from './report/render-speed.ts';
import { runCallback } from './speed/callback.ts';
import { runDial } from './speed/dial.ts';
import { runEndToEnd } from './speed/end-to-end.ts';
import { runFanOut } from './speed/fan-out.ts';
import { runGrowth } from './speed/growth.ts';
import { runHistory } from './speed/history.ts';
import type { SpeedEnvironment } from './speed/lab.ts';
import { runMemory } from './speed/memory.ts';
import { runSignIn } from './speed/sign-in.ts';
import type { SpeedReport } from './speed/speed-report.ts';

/** What a bench found, and the same for a person. */
export interface BenchOutcome {
  report: { bench: string; ok: boolean };
  text: string;
}

export type OneBench = Exclude<BenchRequest, { bench: 'all' | 'report' | 'help' }>;

export async function runBench(asked: OneBench, environment: SpeedEnvironment): Promise<BenchOutcome> {
  switch (asked.bench) {
    case 'fairness': {
      const report = await runFairness(asked.options, environment);
      return { report, text: renderFairness(report) };
    }
    case 'hostile': {
      const report = await runHostile(asked.options, environment);
      return { report, text: renderHostile(report) };
    }
    case 'fan-out':
      return toOutcome(await runFanOut(asked.options, environment));
    case 'memory':
      return toOutcome(await runMemory(asked.options, environment));
    case 'sign-in':
      return toOutcome(await runSignIn(asked.options, environment));
    case 'callback':
      return toOutcome(await runCallback(asked.options, environment));
    case 'dial':
      return toOutcome(await runDial(asked.options, environment));
    case 'history':
      return toOutcome(await runHistory(asked.options, environment));
    case 'end-to-end':
      return toOutcome(await runEndToEnd(asked.options, environment));
    case 'growth':
      return toOutcome(await runGrowth(asked.options, environment));
  }
}

function toOutcome(report: SpeedReport): BenchOutcome {
  return { report, text: renderSpeed(report) };
}
