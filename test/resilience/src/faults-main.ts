import { randomInt } from 'node:crypto';
import { type Command, runCommand } from '@ramal/devstack';
import { ALL_ROWS } from './all-rows.ts';
import { chooseRows, FAULTS_HELP, type FaultOptions, parseFaultOptions } from './options.ts';
import { toReportLine, writeReport } from './report-file.ts';
import { runRows } from './run-rows.ts';

const faults: Command<FaultOptions> = {
  name: 'faults',
  help: FAULTS_HELP,
  parse: (args) => parseFaultOptions(args, randomInt(2 ** 32 - 1)),
  run: async ({ rows: wanted, scale, seed }, environment) => {
    if (wanted.includes('list')) {
      for (const { name, promise } of ALL_ROWS) process.stdout.write(`${name.padEnd(26)} ${promise}\n`);
      return true;
    }
    const rows = chooseRows(ALL_ROWS, wanted);
    environment.log(`${rows.length} rows at scale ${scale}, seed ${seed}`);
    const reports = await runRows(rows, { ...environment, scale, seed }, (report) => {
      process.stdout.write(`${toReportLine(report)}\n`);
    });
    const ok = reports.every((report) => report.ok);
    const file = await writeReport('faults.json', { ok, scale, seed, rows: reports });
    const kept = reports.filter((report) => report.ok).length;
    process.stdout.write(`${kept} of ${reports.length} promises kept, seed ${seed}; ${file}\n`);
    return ok;
  },
};

await runCommand(faults, process.argv.slice(2));
