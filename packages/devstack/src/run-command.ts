import type { RunEnvironment } from './run-environment.ts';

/** npm passes a terminal's Ctrl-C on, so one key press can arrive twice: later than this it is a second one. */
const SAME_KEY_PRESS_MS = 800;
const INTERRUPTED = 130;

/** An option that can't be understood; the message says which and what it takes. */
export class OptionError extends Error {
  readonly code = 'option_invalid';
  override readonly name = 'OptionError';
}

/** A program that starts systems of its own, from its arguments to its exit code. */
export interface Command<Options> {
  name: string;
  help: string;
  /** @throws OptionError */
  parse(args: readonly string[]): Options | 'help';
  /** @returns whether all was well: exit code 0 or 1 */
  run(options: Options, environment: RunEnvironment): Promise<boolean>;
}

/** Runs it to its exit code and ends the process; the first Ctrl-C stops it in order, a second one kills what it started. */
export async function runCommand<Options>(
  command: Command<Options>,
  args: readonly string[],
): Promise<never> {
  try {
    process.exitCode = await run(command, args);
  } catch (error) {
    process.stderr.write(`\n${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  }
  // Sockets of servers that were given, or of what was killed, must not keep the terminal.
  process.exit();
}

async function run<Options>(command: Command<Options>, args: readonly string[]): Promise<number> {
  let options: Options | 'help';
  try {
    options = command.parse(args);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    process.stderr.write(`${error.message}\n\n${command.help}`);
    return 2;
  }
  if (options === 'help') {
    process.stdout.write(command.help);
    return 0;
  }
  const stop = new AbortController();
  const log = (line: string) => process.stderr.write(`[${command.name}] ${line}\n`);
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
    const environment: RunEnvironment = {
      log,
      signal: stop.signal,
      onKillable: (how) => {
        killAll = how;
      },
    };
    return (await command.run(options, environment)) ? 0 : 1;
  } catch (error) {
    if (error instanceof OptionError) {
      process.stderr.write(`${error.message}\n`);
      return 2;
    }
    if (!stop.signal.aborted) throw error;
    log('stopped');
    return INTERRUPTED;
  }
}
