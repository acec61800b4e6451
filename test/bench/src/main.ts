import { mkdir, writeFile } from 'node:fs/promises';
import type { RunEnvironment } from '@ramal/devstack';
import { renderFairness, runFairness } from './fairness.ts';
import { renderHostile, runHostile } from './hostile.ts';
import { BenchOptionError } from './named-numbers.ts';
import { type BenchOptions, HELP, parseOptions } from './options.ts';

const INTERRUPTED = 130;
const REPORTS = new URL('../../../reports/', import.meta.url);

async function main(args: readonly string[]): Promise<number> {
  let options: BenchOptions | 'help';
  try {
    options = parseOptions(args);
  } catch (error) {
    if (!(error instanceof BenchOptionError)) throw error;
    process.stderr.write(`${error.message}\n\n${HELP}`);
    return 2;
  }
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const stop = new AbortController();
  const log = (line: string) => process.stderr.write(`[bench] ${line}\n`);
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => stop.abort(new Error('interrupted')));
  }
  try {
    const { report, text } = await run(options, { log, signal: stop.signal });
    process.stdout.write(text);
    const json = JSON.stringify(report);
    await mkdir(REPORTS, { recursive: true });
    await writeFile(new URL('bench.json', REPORTS), `${json}\n`);
    process.stdout.write(`${json}\n`);
    return report.ok ? 0 : 1;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    log('stopped');
    return INTERRUPTED;
  }
}

async function run(asked: BenchOptions, environment: RunEnvironment) {
  switch (asked.bench) {
    case 'fairness': {
      const report = await runFairness(asked.options, environment);
      return { report, text: renderFairness(report) };
    }
    case 'hostile': {
      const report = await runHostile(asked.options, environment);
      return { report, text: renderHostile(report) };
    }
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
}
// Sockets of servers that were given must not keep the terminal.
process.exit();
