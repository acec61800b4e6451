import { COMMAND_HELP } from './help-text.ts';
import { createJsonLog } from './simulator-log.ts';
import { createSimulator } from './simulator.ts';
import { parseSimulatorConfig } from './simulator-config.ts';

async function run(): Promise<void> {
  const log = createJsonLog((line) => process.stdout.write(line));
  try {
    const config = parseSimulatorConfig(process.env);
    const simulator = createSimulator({ ...config, log });

    const stop = (signal: string) => {
      log('info', 'stopping', { signal });
      simulator.stop().then(
        () => log('info', 'stopped'),
        (error: unknown) => {
          log('error', 'stop failed', { error: String(error) });
          process.exitCode = 1;
        },
      );
    };
    // Once: a second signal ends the process the hard way.
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
    if (process.env['RAMAL_PARENT_WATCH'] === '1') {
      process.stdin.resume().once('end', () => stop('parent gone'));
      // The stream alone must not keep a stopped simulator alive.
      (process.stdin as unknown as { unref?: () => void }).unref?.();
    }

    const { url, port } = await simulator.start();
    const accounts = config.accounts.map(({ name }) => name);
    log('info', 'listening', { url, port, webhookUrl: config.webhookUrl, accounts });
  } catch (error) {
    log('error', 'start failed', { error: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
  }
}

const unknownArguments = process.argv.slice(2).filter((argument) => !['--help', '-h'].includes(argument));
if (unknownArguments.length > 0) {
  process.stderr.write(`Unknown argument: ${unknownArguments.join(' ')}\n\n${COMMAND_HELP}`);
  process.exitCode = 2;
} else if (process.argv.length > 2) {
  process.stdout.write(COMMAND_HELP);
} else {
  await run();
}
