import { defaultHomeFolder } from './stack-home.ts';
import { StackRunningError } from './stack-lock.ts';
import { type Stack, startStack } from './start-stack.ts';

const HELP = `npm start: runs all of Ramal on this machine, for development and to try it out.

Finds or starts Redis and PostgreSQL, makes the schema and two demo tenants, and starts a simulated
telephone system and the five services. Everything listens on 127.0.0.1 only. Ctrl-C stops it.

  --help       this text
  --verbose    the services' debug messages too (same as LOG_LEVEL=debug)

Environment:
  REDIS_URL, DATABASE_URL   use these servers instead of starting some
  RAMAL_HOME                folder of data, ports, secrets and logs; default .ramal
  LOG_LEVEL                 debug, info, warn or error; default info
  NO_COLOR                  plain output
`;

/** npm passes a terminal's Ctrl-C on, so one key press can arrive twice: later than this it is a second one. */
const SAME_KEY_PRESS_MS = 800;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  const unknown = args.find((arg) => arg !== '--verbose');
  if (unknown !== undefined) {
    process.stderr.write(`unknown option ${unknown}\n\n${HELP}`);
    return 2;
  }
  if (args.includes('--verbose')) process.env['LOG_LEVEL'] = 'debug';
  const colour = process.stdout.isTTY && !process.env['NO_COLOR'];
  const stop = createStop();
  const log = (line: string) => process.stdout.write(`${line}\n`);
  let stack: Stack;
  try {
    stack = await startStack({ home: defaultHomeFolder(), colour, log, signal: stop.signal });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    log('stopped before it was up');
    return 0;
  }
  stop.killAtOnce(stack.killAll);
  log(toGreeting(stack));
  await stop.asked;
  log('\nstopping; Ctrl-C again kills');
  await stack.stop();
  log('stopped');
  return 0;
}

/** Waits for SIGINT, SIGTERM or SIGHUP; a second one kills everything at once. */
function createStop() {
  const controller = new AbortController();
  const asked = new Promise<void>((resolve) => {
    controller.signal.addEventListener('abort', () => resolve());
  });
  let askedAt: number | undefined;
  let kill = () => undefined as void;
  const onSignal = () => {
    const now = performance.now();
    if (askedAt === undefined) {
      askedAt = now;
      controller.abort();
    } else if (now - askedAt > SAME_KEY_PRESS_MS) {
      kill();
      process.exit(130);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  return {
    asked,
    signal: controller.signal,
    killAtOnce: (how: () => void) => {
      kill = how;
    },
  };
}

function toGreeting({ dev }: Stack): string {
  return `
Ramal runs.

  agent page   ${dev.apiUrl}        (open it twice, as two agents)
  gateway      ${dev.gatewayUrl}/v1/agent
  callbacks    ${dev.webhookUrl}/v1/cti/{token}/…
  simulator    ${dev.simulatorUrl}

  npm run demo makes two calls, in a second terminal. Ctrl-C stops everything.

`;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const expected = error instanceof StackRunningError || (error instanceof Error && 'code' in error);
  process.stderr.write(`\n${expected ? (error as Error).message : (error as Error).stack}\n`);
  process.exitCode = 1;
}
// Sockets of servers that were given, or a start that was interrupted, must not keep the terminal.
process.exit();
