import { type DatabaseRetention, runTenantsRetention } from '@ramal/privacy';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { DATABASE_URL_OPTION } from '../database-url.ts';
import { withTenants } from '../open-tenants.ts';
import { writeJson } from '../terminal-text.ts';
import { UsageError } from '../usage-error.ts';

/** What history does once a day, now. */
export const retentionRun = createCommand({
  name: 'retention run',
  summary: "remove the calls, and links to recordings, that each company's retention has passed",
  description: `Whole months where no company needs them any more, else row by row, in the shared database and in those of
companies that have their own. A company keeps for ever unless retentionDays or recordingRetentionDays
(cti_settings) or the installation's default say otherwise. May be stopped and run again at any time.`,
  arguments: [],
  options: {
    'dry-run': { type: 'boolean', help: 'count, and change nothing' },
    'default-days': {
      type: 'string',
      placeholder: 'DAYS',
      help: 'of companies that have set nothing; default HISTORY_RETENTION_DAYS, else 0: for ever',
    },
    'default-recording-days': {
      type: 'string',
      placeholder: 'DAYS',
      help: 'the same of links to recordings; default HISTORY_RECORDING_RETENTION_DAYS, else 0',
    },
    json: { type: 'boolean', help: 'the outcome as JSON' },
    'database-url': DATABASE_URL_OPTION,
  },
  async run(input) {
    const { options, print, note, process } = input;
    const dryRun = options['dry-run'] === true;
    const defaults = {
      days: parseDays(options['default-days'] ?? process.env['HISTORY_RETENTION_DAYS']),
      recordingDays: parseDays(
        options['default-recording-days'] ?? process.env['HISTORY_RECORDING_RETENTION_DAYS'],
      ),
    };
    const problems: string[] = [];
    const done = await withTenants(input, options['database-url'], (tenants) =>
      runTenantsRetention({
        tenants,
        defaults,
        nowMs: process.now().getTime(),
        dryRun,
        onProgress: (of, { calls, events, monthsDropped }) =>
          note(`${toName(of)}: ${monthsDropped.length} months dropped, ${calls} calls, ${events} events`),
        onError: (what, error) => {
          problems.push(what);
          note(
            `ramal: ${what}: ${error instanceof Error ? error.message : String(error)}; nothing of it is removed`,
          );
        },
      }),
    );
    if (options.json === true) writeJson(print, { dryRun, databases: done, problems });
    else for (const one of done) for (const line of toLines(one, dryRun)) print(line);
    return problems.length === 0 ? EXIT.ok : EXIT.problem;
  },
});

function toLines({ ownDatabaseOf, counts }: DatabaseRetention, dryRun: boolean): string[] {
  const { monthsDropped, monthsBusy, calls, events, traces, deadLetters, recordings } = counts;
  return [
    `${toName(ownDatabaseOf)}: ${dryRun ? 'would go' : 'gone'}`,
    `  whole months: ${monthsDropped.length === 0 ? 'none' : monthsDropped.join(', ')}`,
    `  ${dryRun ? 'rows whose time has passed' : 'single rows'}: ${calls} calls, ${events} events, ${traces} steps, ${deadLetters} dead letters`,
    `  links to recordings: ${recordings}`,
    ...(monthsBusy.length === 0 ? [] : [`  in use, left for the next run: ${monthsBusy.join(', ')}`]),
  ];
}

function toName(ownDatabaseOf: string | null): string {
  return ownDatabaseOf === null ? 'shared database' : `database of ${ownDatabaseOf}`;
}

/** Null for ever. @throws UsageError */
function parseDays(text: string | undefined): number | null {
  if (text === undefined || text === '') return null;
  const days = Number(text);
  if (!Number.isInteger(days) || days < 0 || days > 36_500) {
    throw new UsageError('days must be a whole number from 0 (for ever) to 36500.');
  }
  return days || null;
}
