import { appendAudit, findDeadLetter, listDeadLetters, type Tenants } from '@ramal/store';
import { toOperator } from '../callbacks/require-tenant.ts';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { DATABASE_URL_OPTION } from '../database-url.ts';
import { FILTER_OPTIONS, type LetterFilter, parseFilter } from '../dead-letters/filter-options.ts';
import {
  type LetterPlace,
  openPlace,
  openPlaces,
  parseLetterId,
  toLetterId,
} from '../dead-letters/letter-places.ts';
import { readLetter, type ReplayOutcome, replayLetter } from '../dead-letters/replay-letter.ts';
import { withTenants } from '../open-tenants.ts';
import { writeJson } from '../terminal-text.ts';
import { CommandFailedError, UsageError } from '../usage-error.ts';

/** One that was tried: its id as the list shows it, and what became of it. */
type Tried = { id: string } & (ReplayOutcome | { outcome: 'readable' });

const PAGE = 200;

/** Tries again to store what could not be stored (I3). */
export const deadLettersReplay = createCommand({
  name: 'dead-letters replay',
  summary: 'try again to store what was put aside',
  description: `After the cause is gone: a release that knows the event, a month or a column that was missing. Events are stored by
their id, so that nothing is stored twice, however often this runs. What fails again stays, with a count and why. What
was stored stays in the list of dead-letters list --replayed until retention removes it.`,
  arguments: [],
  options: {
    id: { type: 'string', placeholder: 'ID', help: 'this one alone, as the list shows its id' },
    all: { type: 'boolean', help: 'all that wait, of --tenant, --reason and --since where given' },
    ...FILTER_OPTIONS,
    'dry-run': { type: 'boolean', help: 'say which can be read, and change nothing' },
    json: { type: 'boolean', help: 'the outcome as JSON' },
    'database-url': DATABASE_URL_OPTION,
  },
  async run(input) {
    const { options, print, process } = input;
    const filter = parseFilter(options);
    if ((options.id === undefined) === (options.all !== true))
      throw new UsageError('say which: either --id ID or --all.');
    const dryRun = options['dry-run'] === true;
    const asked = options.id === undefined ? null : parseLetterId(options.id);
    const tried = await withTenants(input, options['database-url'], async (tenants) => {
      const outcomes: Tried[] = [];
      const take = async (place: LetterPlace, id: string) => {
        const outcome = dryRun ? await look(place, id) : await replayLetter(tenants, place, id);
        outcomes.push({ id: toLetterId({ id, owner: place.owner }), ...outcome });
      };
      if (asked !== null) await take(await openPlace(tenants, asked.owner), asked.id);
      else await takeAll(tenants, filter, take);
      if (asked !== null && outcomes[0]?.outcome === 'gone')
        throw new CommandFailedError('ramal: no dead letter of that id waits.');
      if (!dryRun && outcomes.length > 0) {
        await appendAudit(tenants.store, {
          tenant: filter.tenant ?? asked?.owner ?? null,
          actor: toOperator(process.env),
          action: 'dead_letters.replayed',
          subject: asked === null ? null : `dead letter ${toLetterId(asked)}`,
          detail: countOutcomes(outcomes),
        });
      }
      return outcomes;
    });
    const counts = countOutcomes(tried);
    if (options.json === true) writeJson(print, { dryRun, counts, letters: tried });
    else for (const line of toLines(tried, dryRun)) print(line);
    return counts.failed === 0 ? EXIT.ok : EXIT.problem;
  },
});

/** Page by page, towards older ones: what fails stays in the list and must not be met again. */
async function takeAll(
  tenants: Tenants,
  filter: LetterFilter,
  take: (place: LetterPlace, id: string) => Promise<void>,
): Promise<void> {
  for (const place of await openPlaces(tenants, filter.tenant ?? null)) {
    let beforeId: string | undefined;
    for (;;) {
      const page = await listDeadLetters(place.store, { ...filter, beforeId, limit: PAGE });
      for (const { id } of page) await take(place, id);
      if (page.length < PAGE) break;
      beforeId = page.at(-1)?.id;
    }
  }
}

async function look({ store }: LetterPlace, id: string): Promise<ReplayOutcome | { outcome: 'readable' }> {
  const letter = await findDeadLetter(store, id);
  if (letter === null || letter.replayedAt !== null) return { outcome: 'gone' };
  const content = readLetter(letter);
  return content.kind === 'unreadable'
    ? { outcome: 'failed', failure: content.why }
    : { outcome: 'readable' };
}

function countOutcomes(tried: readonly Tried[]) {
  const count = (...outcomes: Tried['outcome'][]) =>
    tried.filter(({ outcome }) => outcomes.includes(outcome)).length;
  return {
    stored: count('stored'),
    known: count('known'),
    readable: count('readable'),
    failed: count('failed'),
    gone: count('gone'),
  };
}

function toLines(tried: readonly Tried[], dryRun: boolean): string[] {
  const { stored, known, readable, failed } = countOutcomes(tried);
  const why = tried.flatMap((one) => (one.outcome === 'failed' ? [`  ${one.id}: ${one.failure}`] : []));
  if (dryRun) return [`Can be read: ${readable}. Can't: ${failed}.`, ...why];
  return [`Stored: ${stored}. Were stored already: ${known}. Failed again: ${failed}.`, ...why];
}
