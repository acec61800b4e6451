import { randomInt } from 'node:crypto';
import { type Command, type RunEnvironment, runCommand } from '@ramal/devstack';
import { HELP, type LedgerCommand, parseOptions } from './options.ts';
import { runFailpoints } from './run-failpoints.ts';
import { runLedger } from './run-ledger.ts';

const ledger: Command<LedgerCommand> = {
  name: 'ledger',
  help: HELP,
  parse: (args) => parseOptions(args, randomInt(2 ** 32 - 1)),
  run: async (options, environment) => {
    const report = await play(options, environment);
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return report.ok;
  },
};

function play(options: LedgerCommand, environment: RunEnvironment): Promise<{ ok: boolean }> {
  const { gateways, seed } = options;
  if (options.mode === 'failpoints') {
    environment.log(`${options.intents} intents at each failpoint, ${gateways} gateways, seed ${seed}`);
    return runFailpoints({ ...options, ...environment });
  }
  environment.log(`${options.calls} calls, ${gateways} gateways, seed ${seed}`);
  return runLedger({ ...options, ...environment });
}

await runCommand(ledger, process.argv.slice(2));
