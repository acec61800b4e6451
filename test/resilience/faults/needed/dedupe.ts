import { sleepUntil } from '@ramal/testkit';
import type { Needed } from '../../src/needed.ts';
import { openSmallCompany } from '../../src/small-company.ts';

const CALLBACKS = 10;

/** I3: the same callback told again, at once and later, is one fact of its call. */
export const dedupe: Needed = {
  protection: 'webhook.dedupe',
  promise: 'an acknowledged callback is stored once, however often it is told',
  service: 'webhook',
  async try({ system, releases }) {
    const company = await openSmallCompany(system, releases);
    const ids = await Promise.all(Array.from({ length: CALLBACKS }, () => company.end()));
    await Promise.all(ids.map((id) => company.end(id)));
    const sentinel = await company.end();
    // Stored in the order of the stream: with the last one all are there, but for those that waited in the journal.
    await sleepUntil(async () => (await company.stored([sentinel, ...ids])).every((n) => n > 0), {
      timeoutMs: 60_000,
      everyMs: 50,
      describe: 'each callback to be stored',
    });
    const times = await company.stored(ids);
    return { broken: times.filter((n) => n !== 1).length, trials: CALLBACKS };
  },
};
