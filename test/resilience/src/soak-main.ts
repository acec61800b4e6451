import { randomInt } from 'node:crypto';
import { type Command, runCommand } from '@ramal/devstack';
import { parseSoakOptions, SOAK_HELP, type SoakOptions } from './options.ts';
import { toReportLine, writeReport } from './report-file.ts';
import type { LifeVerdict } from './resource-watch.ts';
import { runSoak, type SoakReport } from './run-soak.ts';

const soak: Command<SoakOptions> = {
  name: 'soak',
  help: SOAK_HELP,
  parse: (args) => parseSoakOptions(args, randomInt(2 ** 32 - 1)),
  run: async (options, environment) => {
    environment.log(`${options.minutes} minutes, seed ${options.seed}`);
    const report = await runSoak({ ...options, ...environment }, (round, soFar) => {
      process.stdout.write(`${toReportLine(round)}\n${toLine(soFar)}\n`);
    });
    for (const life of report.processes) process.stdout.write(`${toLifeLine(life)}\n`);
    if (report.processes.length === 0)
      environment.log('no process got old enough to say that its memory is flat');
    const file = await writeReport('soak.json', report);
    process.stdout.write(
      `${report.ok ? '✓ nothing wrong' : '✗ something is wrong'}; ${toLine(report)}; ${file}\n`,
    );
    return report.ok;
  },
};

function toLifeLine(life: LifeVerdict): string {
  return (
    `${life.flat ? '✓' : '✗'} ${life.instance}, ${life.minutes} min old: ` +
    `uses ${life.usedMb} MB (${life.usedMbAnHour} an hour) of ${life.rssMb} MB (${life.rssMbAnHour} an hour), ` +
    `${life.descriptors} descriptors (${life.descriptorsAnHour} an hour)`
  );
}

function toLine({ minutes, rounds, n, wrong, crashes, seed }: SoakReport): string {
  return (
    `${minutes} min, ${rounds} rounds, ${n.callbacks} callbacks, ${n.dials} dials, ${n.popupsDue} pop-ups due, ` +
    `wrong ${JSON.stringify(wrong)}, ${crashes} crashes, seed ${seed}`
  );
}

await runCommand(soak, process.argv.slice(2));
