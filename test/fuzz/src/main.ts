import { randomInt } from 'node:crypto';
import { type Command, runCommand } from '@ramal/devstack';
import { type FuzzOptions, HELP, parseOptions } from './options.ts';
import { runFuzz } from './run-fuzz.ts';

const fuzz: Command<FuzzOptions> = {
  name: 'fuzz',
  help: HELP,
  parse: (args) => parseOptions(args, randomInt(2 ** 32 - 1)),
  run: async (options, environment) => {
    const { inputs, targets, seed } = options;
    environment.log(`${inputs} inputs for each of ${targets.join(', ')}; seed ${seed}`);
    const report = await runFuzz({ ...options, ...environment });
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return report.ok;
  },
};

await runCommand(fuzz, process.argv.slice(2));
