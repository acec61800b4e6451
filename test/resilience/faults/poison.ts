import { createNames, DEFAULT_PARTITIONS, EVENT_FIELD } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import { askRedis } from '../src/ask-redis.ts';
import { type Fault, type FaultMoment, toLength } from '../src/fault.ts';

const ENTRIES_AT_FULL_SIZE = 400;
const LEAST_ENTRIES = 16;
/** What no history process can store: not JSON, JSON of nothing, an event of a kind nobody knows, bytes PostgreSQL refuses. */
const POISON = [
  '{"type":"call.',
  '42',
  'null',
  '{"type":"call.exploded","at":1}',
  '{"type":"call.ended","callId":"not-an-id","tenant":"x","at":"soon"}',
  '[]',
  '',
  '{"tenant":"\\u0000"}',
] as const;
/** What no webhook can read: a callback that is none. */
const GARBAGE = [
  '{"a":',
  '<!DOCTYPE a><a/>',
  '\u0000\u0001',
  `{"__proto__":{"origem":"1"}}`,
  'x'.repeat(70_000),
];

/** I3, threat 7 and 10: what can't be stored is put aside, and what comes behind it is stored all the same. */
export const poison: Fault = {
  name: 'poison',
  promise:
    'poison events among duplicates in shuffled order: 0 crashes, every good event stored once, poison put aside',
  always2xx: true,
  async inject(moment) {
    const { system, scale, signal } = moment;
    const names = createNames(DEFAULT_PARTITIONS);
    const before = countCrashes(moment);
    const asideBefore = await countDeadLetters(moment);
    const entries = toLength(ENTRIES_AT_FULL_SIZE, scale, LEAST_ENTRIES);
    for (let n = 0; n < entries; n++) {
      signal.throwIfAborted();
      const stream = names.events(n % DEFAULT_PARTITIONS);
      const bad = POISON[n % POISON.length] ?? '';
      await askRedis(system.redisUrl, 'XADD', stream, '*', n % 16 === 15 ? 'nothing' : EVENT_FIELD, bad);
      await sendGarbage(moment, GARBAGE[n % GARBAGE.length] ?? '');
    }
    await sleepUntil(async () => (await countDeadLetters(moment)) - asideBefore >= entries, {
      timeoutMs: 60_000,
      everyMs: 250,
      describe: 'the poison to be put aside',
    });
    const aside = (await countDeadLetters(moment)) - asideBefore;
    const crashes = countCrashes(moment) - before;
    return {
      broken: [
        ...(crashes === 0 ? [] : [`${crashes} processes ended by themselves`]),
        ...(aside === entries ? [] : [`${aside} of ${entries} poison entries were put aside`]),
      ],
    };
  },
};

async function sendGarbage({ system }: FaultMoment, body: string): Promise<void> {
  const [url = ''] = system.stack.dev.webhookUrls;
  const headers = { 'content-type': body.startsWith('<') ? 'text/xml' : 'application/json' };
  // Whatever is answered is fine, as long as somebody lives to answer the next one.
  await fetch(`${url}/v1/cti/${'0'.repeat(64)}/ended`, { method: 'POST', headers, body })
    .then((response) => response.arrayBuffer())
    .catch(() => undefined);
}

function countCrashes({ system }: FaultMoment): number {
  return system.instances.reduce((sum, name) => sum + system.stack.deaths(name).crashed, 0);
}

async function countDeadLetters({ system }: FaultMoment): Promise<number> {
  const { rows } = await system.pool.query<{ n: number }>('select count(*)::int as n from dead_letters');
  return rows[0]?.n ?? 0;
}
