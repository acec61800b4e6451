import { type ErasureReport, erasePersonalData, toPlaceText, UserActiveError } from '@ramal/privacy';
import { toOperator } from '../callbacks/require-tenant.ts';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { DATABASE_URL_OPTION } from '../database-url.ts';
import { REDIS_URL_OPTION, requireCompany, withPersons } from '../open-tenants.ts';
import { parsePerson, PERSON_OPTIONS } from '../person-option.ts';
import { writeJson } from '../terminal-text.ts';
import { CommandFailedError } from '../usage-error.ts';

/** LGPD, art. 18, VI. */
export const privacyErase = createCommand({
  name: 'privacy erase',
  summary: 'erase a person, by number or by user, from everything that is held',
  description: `Calls stay, to be counted, without the number, what the CRM attached and the link to the recording; a user
must be switched off first. May be stopped and run again. The files of recordings lie at the telephone
system: their links are printed, to be erased there. Calls that still go on are left: run it again.`,
  arguments: [],
  options: {
    ...PERSON_OPTIONS,
    'dry-run': { type: 'boolean', help: 'count, and change nothing' },
    json: { type: 'boolean', help: 'the outcome as JSON' },
    'database-url': DATABASE_URL_OPTION,
    'redis-url': REDIS_URL_OPTION,
  },
  async run(input) {
    const { options, print, note, process } = input;
    const { tenant, person } = parsePerson(options);
    const dryRun = options['dry-run'] === true;
    const report = await withPersons(input, options, async (deps, tenants) => {
      await requireCompany(tenants, tenant);
      return erasePersonalData(deps, {
        tenant,
        person,
        dryRun,
        actor: toOperator(process.env),
        onProgress: ({ looked, calls }) => note(`${looked} calls looked at, ${calls} of the person's`),
      });
    }).catch((error: unknown) => {
      throw error instanceof UserActiveError ? new CommandFailedError(`ramal: ${error.message}.`) : error;
    });
    const { next, ...told } = report;
    if (options.json === true) {
      writeJson(print, { tenant, dryRun, ...told, nextCursor: next === null ? null : toPlaceText(next) });
    } else for (const line of toLines(report, dryRun)) print(line);
    return report.status === 'done' ? EXIT.ok : EXIT.problem;
  },
});

function toLines(report: ErasureReport, dryRun: boolean): string[] {
  const { calls, looked, deadLetters, live, stream, userRemoved, recordings, status, subject } = report;
  return [
    `${dryRun ? 'Would be erased' : 'Erased'} from ${calls} stored calls (${looked} looked at), ${deadLetters} dead letters,`,
    `${live.calls} live calls, ${live.intents} dials, ${live.messages} messages, ${live.keys} keys, ${stream.deleted} events of the stream.`,
    ...(userRemoved ? ['The user is removed from the table agents.'] : []),
    ...(recordings.length > 0 ? ['Recordings to be erased at the telephone system:'] : []),
    ...recordings.map((link) => `  ${link}`),
    ...(subject === null ? [] : [`In the audit log: ${subject}`]),
    ...(live.open + stream.waiting > 0
      ? [`Left: ${live.open} calls that go on, ${stream.waiting} events on their way to the database.`]
      : []),
    status === 'done' ? 'Nothing is left.' : 'Run it again: something is left.',
  ];
}
