import { type Command, runCommand } from '@ramal/devstack';
import { BENCHES, type BenchName } from './bench-list.ts';
import { chooseCores, pin, unpin } from './measure/cores.ts';
import { type BenchRequest, parseOptions, toDefaults, toHelp } from './options.ts';
import { keepReport } from './report/kept-report.ts';
import { writePerformanceDoc } from './report/write-performance-doc.ts';
import { type OneBench, runBench } from './run-bench.ts';
import type { SpeedEnvironment } from './speed/lab.ts';

/** Of all together: shorter than each alone. */
const IN_ALL: Partial<Record<BenchName, object>> = {
  fairness: { seconds: 15, rounds: 1 },
  hostile: { seconds: 12, rounds: 1 },
};

const bench: Command<BenchRequest> = {
  name: 'bench',
  help: toHelp(null),
  parse: parseOptions,
  run: async (asked, environment) => {
    if (asked.bench === 'help') {
      process.stdout.write(toHelp(asked.of));
      return true;
    }
    if (asked.bench === 'report') {
      for (const file of await writePerformanceDoc()) process.stdout.write(`${file}\n`);
      return true;
    }
    const cores = await chooseCores();
    if (cores.unpinned !== null) environment.log(`nothing is bound to a core: ${cores.unpinned}`);
    return await runAll(asked.bench === 'all' ? toAll() : [asked], { ...environment, cores });
  },
};

function toAll(): OneBench[] {
  const names = Object.keys(BENCHES) as BenchName[];
  return names.map((bench) => ({ bench, options: { ...toDefaults(bench), ...IN_ALL[bench] } }) as OneBench);
}

/** These measure the whole system, which has the whole machine. */
const WHOLE: readonly BenchName[] = ['fairness', 'hostile'];

/** What is started from here inherits it: Redis and PostgreSQL too. What is measured is bound elsewhere afterwards. */
async function takeCores({ cores }: SpeedEnvironment, bench: BenchName): Promise<void> {
  if (cores.unpinned !== null) return;
  if (WHOLE.includes(bench)) await unpin(process.pid);
  else await pin(process.pid, cores.rest);
}

/** One after the other; one that fails does not keep the others from running. */
async function runAll(benches: readonly OneBench[], environment: SpeedEnvironment): Promise<boolean> {
  const { log, signal } = environment;
  const done: object[] = [];
  let failed = 0;
  for (const [i, bench] of benches.entries()) {
    const startedMs = performance.now();
    log(`${bench.bench}, ${i + 1} of ${benches.length}`);
    try {
      await takeCores(environment, bench.bench);
      const { report, text } = await runBench(bench, environment);
      const seconds = (performance.now() - startedMs) / 1000;
      process.stdout.write(text);
      log(`${bench.bench} took ${Math.round(seconds)} s`);
      await keepReport(report, seconds);
      done.push(report);
      if (!report.ok) failed += 1;
    } catch (error) {
      if (signal.aborted || benches.length === 1) throw error;
      failed += 1;
      log(`${bench.bench} failed: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  process.stdout.write(
    `${JSON.stringify(benches.length === 1 ? done[0] : { ok: failed === 0, reports: done })}\n`,
  );
  return failed === 0;
}

await runCommand(bench, process.argv.slice(2));
