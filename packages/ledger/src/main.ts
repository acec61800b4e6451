import { randomInt } from 'node:crypto';
import type { RunEnvironment } from '@ramal/devstack';
import { HELP, type LedgerCommand, LedgerOptionError, parseOptions } from './options.ts';
import { runFailpoints } from './run-failpoints.ts';
import { runLedger } from './run-ledger.ts';

/** npm passes a terminal's Ctrl-C on, so one key press can arrive twice: later than this it is a second one. */
const SAME_KEY_PRESS_MS = 800;
const INTERRUPTED = 130;

async function main(args: readonly string[]): Promise<number> {
  let options: LedgerCommand | 'help';
  try {
    options = parseOptions(args, randomInt(2 ** 32 - 1));
  } catch (error) {
    if (!(error instanceof LedgerOptionError)) throw error;
    process.stderr.write(`${error.message}\n\n${HELP}`);
    return 2;
  }
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const stop = new AbortController();
  const log = (line: string) => process.stderr.write(`[ledger] ${line}\n`);
  let killAll = () => undefined as void;
  let askedAt: number | undefined;
  const onSignal = () => {
    const now = performance.now();
    if (askedAt === undefined) {
      askedAt = now;
      log('stopping; Ctrl-C again kills');
      stop.abort(new Error('interrupted'));
    } else if (now - askedAt > SAME_KEY_PRESS_MS) {
      killAll();
      process.exit(INTERRUPTED);
    }
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  try {
    const report = await run(options, {
      log,
      signal: stop.signal,
      onKillable: (how) => {
        killAll = how;
      },
    });
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return report.ok ? 0 : 1;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    log('stopped');
    return INTERRUPTED;
  }
}

function run(options: LedgerCommand, environment: RunEnvironment): Promise<{ ok: boolean }> {
  const { gateways, seed } = options;
  if (options.mode === 'failpoints') {
    environment.log(`${options.intents} intents at each failpoint, ${gateways} gateways, seed ${seed}`);
    return runFailpoints({ ...options, ...environment });
  }
  environment.log(`${options.calls} calls, ${gateways} gateways, seed ${seed}`);
  return runLedger({ ...options, ...environment });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
}
// Sockets of servers that were given must not keep the terminal.
process.exit();
