import { randomInt } from 'node:crypto';
import { type FuzzOptions, FuzzOptionError, HELP, parseOptions } from './options.ts';
import { runFuzz } from './run-fuzz.ts';

const INTERRUPTED = 130;

async function main(args: readonly string[]): Promise<number> {
  let options: FuzzOptions | 'help';
  try {
    options = parseOptions(args, randomInt(2 ** 32 - 1));
  } catch (error) {
    if (!(error instanceof FuzzOptionError)) throw error;
    process.stderr.write(`${error.message}\n\n${HELP}`);
    return 2;
  }
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const stop = new AbortController();
  const log = (line: string) => process.stderr.write(`[fuzz] ${line}\n`);
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => stop.abort(new Error('interrupted')));
  }
  log(`${options.inputs} inputs for each of ${options.targets.join(', ')}; seed ${options.seed}`);
  try {
    const report = await runFuzz({ ...options, log, signal: stop.signal });
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return report.ok ? 0 : 1;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    log('stopped');
    return INTERRUPTED;
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
