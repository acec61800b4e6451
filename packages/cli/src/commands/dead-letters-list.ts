import { countDeadLetters, type DeadLetterRecord, listDeadLetters } from '@ramal/store';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { toTextTable } from '../convert/text-table.ts';
import { DATABASE_URL_OPTION } from '../database-url.ts';
import { FILTER_OPTIONS, parseFilter } from '../dead-letters/filter-options.ts';
import { openPlaces, toLetterId } from '../dead-letters/letter-places.ts';
import { withTenants } from '../open-tenants.ts';
import { writeJson } from '../terminal-text.ts';
import { UsageError } from '../usage-error.ts';

const DEFAULT_LIMIT = 50;
const MOST = 10_000;

/** What was put aside because it could not be stored. */
export const deadLettersList = createCommand({
  name: 'dead-letters list',
  summary: 'show what could not be stored and waits to be looked at',
  description: `The newest first, the shared database before those of companies that have their own. What they hold is not
shown: ramal dead-letters show does that. Changes nothing.`,
  arguments: [],
  options: {
    ...FILTER_OPTIONS,
    replayed: { type: 'boolean', help: 'those too that were stored since' },
    limit: {
      type: 'string',
      placeholder: 'N',
      help: `at most so many of a database, default ${DEFAULT_LIMIT}`,
    },
    json: { type: 'boolean', help: 'as JSON' },
    'database-url': DATABASE_URL_OPTION,
  },
  async run(input) {
    const { options, print, note } = input;
    const filter = { ...parseFilter(options), replayed: options.replayed === true };
    const limit = parseLimit(options.limit);
    const { letters, count } = await withTenants(input, options['database-url'], async (tenants) => {
      const found: [string, DeadLetterRecord][] = [];
      let all = 0;
      for (const { owner, store } of await openPlaces(tenants, filter.tenant ?? null)) {
        all += await countDeadLetters(store, filter);
        for (const letter of await listDeadLetters(store, { ...filter, limit }))
          found.push([toLetterId({ id: letter.id, owner }), letter]);
      }
      return { letters: found, count: all };
    });
    if (options.json === true) {
      // Without what they hold, so that a list needs no more care than a log.
      const shown = letters.map(([id, letter]) => ({ ...letter, id, payload: undefined }));
      writeJson(print, { count, letters: shown });
      return EXIT.ok;
    }
    const rows = letters.map(([id, letter]) => toRow(id, letter));
    for (const line of toTextTable([['id', 'put aside', 'tenant', 'source', 'reason', 'state'], ...rows]))
      print(line);
    if (count > letters.length) note(`${count} in all: --limit, --since, --tenant or --reason show others.`);
    return EXIT.ok;
  },
});

function toRow(id: string, letter: DeadLetterRecord): string[] {
  const { createdAt, tenant, source, reason } = letter;
  return [id, createdAt, tenant ?? '-', source, reason, toState(letter)];
}

function toState({ replayedAt, attempts, attemptedAt }: DeadLetterRecord): string {
  if (replayedAt !== null) return `stored ${replayedAt}`;
  return attempts === 0 ? 'waits' : `tried ${attempts} times, last ${attemptedAt ?? '-'}`;
}

/** @throws UsageError */
function parseLimit(text: string | undefined): number {
  const limit = text === undefined ? DEFAULT_LIMIT : Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST) return limit;
  throw new UsageError(`--limit must be a whole number from 1 to ${MOST}.`);
}
