import type { GrowthOptions } from '../options.ts';
import type { SpeedEnvironment } from './lab.ts';
import type { SpeedReport } from './speed-report.ts';

export async function runGrowth(
  options: GrowthOptions,
  _environment: SpeedEnvironment,
): Promise<SpeedReport> {
  return { bench: 'growth', ok: true, options, unit: '', figures: [], sides: [], goals: [], notes: [] };
}
