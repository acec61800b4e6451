import {
  erasePerson,
  findPerson,
  isClosed,
  isFarEndErased,
  isSameNumber,
  mentionsNumber,
  type Person,
} from '@ramal/calls';
import { type CallEvent, ERASED, type Names } from '@ramal/contracts';
import type { Redis } from 'ioredis';
import { loadScript, type Script } from './load-script.ts';
import { listTenantKeys, type TenantKey } from './tenant-keys.ts';

/** What Redis held of a person, and what is left of it. */
export interface LiveErasure {
  calls: number;
  intents: number;
  /** Messages in agents' inboxes, and pop-ups. */
  messages: number;
  /** Keys that were dropped whole: lines, rates, a user's inbox and presence. */
  keys: number;
  /** Calls and dials that still go on: they are left, and erased once they are over. */
  open: number;
}

interface Scene {
  redis: Redis;
  names: Names;
  tenant: string;
  person: Person;
  eraseCall: Script;
  dryRun: boolean;
  counts: LiveErasure;
  /** Calls that go on: nothing of theirs is touched. */
  openCalls: Set<string>;
}

const SETTLED = new Set(['accepted', 'failed', 'uncertain', 'expired', 'canceled', 'alias']);

/** Erases a person from what is alive in Redis of a tenant (LGPD, art. 18); any number of times with the same result. */
export async function eraseLive(
  redis: Redis,
  names: Names,
  tenant: string,
  person: Person,
  options: { dryRun?: boolean } = {},
): Promise<LiveErasure> {
  const counts: LiveErasure = { calls: 0, intents: 0, messages: 0, keys: 0, open: 0 };
  const eraseCall = loadScript(redis, 'erase-call');
  const scene: Scene = {
    ...{ redis, names, tenant, person, eraseCall, counts },
    dryRun: options.dryRun === true,
    openCalls: new Set(),
  };
  const keys = await listTenantKeys(redis, names, tenant);
  // Calls first: what becomes of all else depends on whether its call goes on.
  for (const key of keys) if (key.kind === 'call') await eraseFromCall(scene, key);
  for (const key of keys) {
    if (key.kind === 'intent') await eraseFromIntent(scene, key);
    else if (key.kind === 'inbox') await eraseFromInbox(scene, key);
    else if (key.kind === 'popups') await eraseFromPopups(scene, key);
    if (await isToDrop(scene, key)) {
      counts.keys += 1;
      if (!scene.dryRun) await redis.del(key.key);
    }
  }
  return counts;
}

/** The live calls of a tenant that speak of a person. */
export async function findLiveCalls(
  redis: Redis,
  names: Names,
  tenant: string,
  person: Person,
): Promise<{ callId: string; events: CallEvent[] }[]> {
  const found: { callId: string; events: CallEvent[] }[] = [];
  for (const { kind, key, ids } of await listTenantKeys(redis, names, tenant)) {
    if (kind !== 'call') continue;
    const { events } = await readCall(redis, key);
    if (findPerson(events, person).size > 0) found.push({ callId: ids[0] ?? '', events });
  }
  return found;
}

async function readCall(redis: Redis, key: string): Promise<{ version: string; events: CallEvent[] }> {
  const [version, events] = await redis.hmget(key, 'v', 'd');
  // Written by commit.lua and nobody else, so it is what it was; null where it has lived out meanwhile.
  return { version: version ?? '', events: events == null ? [] : (JSON.parse(events) as CallEvent[]) };
}

async function eraseFromCall(scene: Scene, { key, ids }: TenantKey): Promise<void> {
  const { redis, person, counts, dryRun, eraseCall, openCalls } = scene;
  for (;;) {
    const { version, events } = await readCall(redis, key);
    if (findPerson(events, person).size === 0) return;
    if (!isClosed(events)) {
      openCalls.add(ids[0] ?? '');
      counts.open += 1;
      return;
    }
    if (dryRun || (await eraseCall([key], [version, JSON.stringify(erasePerson(events, person))])) === 1) {
      counts.calls += 1;
      return;
    }
    // A callback came in between: once more, with what it told.
  }
}

async function eraseFromIntent(scene: Scene, { key, ids }: TenantKey): Promise<void> {
  const { redis, person, counts, dryRun } = scene;
  const [to, user, state] = await redis.hmget(key, 'to', 'user', 'state');
  const isTheirs =
    person.kind === 'user'
      ? user === person.user
      : (to != null && isSameNumber(to, person.number)) || mentionsNumber(ids[0] ?? '', person.number);
  if (!isTheirs) return;
  if (!SETTLED.has(state ?? '')) {
    counts.open += 1;
    return;
  }
  counts.intents += 1;
  // The record stays for its day: the same click again is still no second call (I1).
  if (!dryRun) await redis.hset(key, person.kind === 'user' ? 'user' : 'to', ERASED);
}

async function eraseFromInbox(scene: Scene, { key, ids }: TenantKey): Promise<void> {
  if (isUserKey(scene, ids)) return;
  const entries = await scene.redis.xrange(key, '-', '+');
  const theirs = entries.filter(([, fields]) => speaksOf(scene, fields[1] ?? '{}')).map(([id]) => id);
  scene.counts.messages += theirs.length;
  if (theirs.length > 0 && !scene.dryRun) await scene.redis.xdel(key, ...theirs);
}

async function eraseFromPopups(scene: Scene, { key, ids }: TenantKey): Promise<void> {
  const { redis, names, tenant, counts, dryRun } = scene;
  if (isUserKey(scene, ids)) return;
  for (const [popupId, popup] of Object.entries(await redis.hgetall(key))) {
    if (!speaksOf(scene, `{"data":${popup}}`)) continue;
    counts.messages += 1;
    if (!dryRun)
      await redis
        .multi()
        .hdel(key, popupId)
        .hdel(names.claims(tenant, ids[0] ?? ''), popupId)
        .exec();
  }
}

/** Does a message of an agent's speak of the person, in a call that is over? */
function speaksOf({ person, openCalls }: Scene, body: string): boolean {
  const { data = {} } = JSON.parse(body) as { data?: { callId?: string; user?: unknown } };
  if (openCalls.has(data.callId ?? '')) return false;
  return person.kind === 'user'
    ? data.user === person.user
    : textsOf(data).some((text) => isSameText(text, person.number));
}

/** A far end as it is written, or a text that holds the number. */
function isSameText(text: string, number: string): boolean {
  return (text !== '' && isSameNumber(text, number)) || mentionsNumber(text, number);
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, held]) => [name, ...textsOf(held)])
    : [];
}

/** Keys that are made of the person and of no use without. */
async function isToDrop(scene: Scene, { key, kind, ids }: TenantKey): Promise<boolean> {
  const { person } = scene;
  const [first = '', second = ''] = ids;
  if (person.kind === 'user') {
    if (kind === 'rate') return first === 'agent' && second === person.user;
    return USER_KINDS.has(kind) && first === person.user;
  }
  if (kind === 'recent') return isSameText(second, person.number);
  if (kind === 'rate') return isSameText(second, person.number);
  if (kind === 'external')
    return mentionsNumber(first, person.number) && !(await isLeft(scene, [await scene.redis.get(key)]));
  if (kind !== 'line') return false;
  // A line is named by the last eight digits, which somebody in another area may share.
  const isTheirs = second.split('>').some((end) => end !== '' && isSameNumber(end, person.number));
  return isTheirs && !(await isLeft(scene, await scene.redis.zrange(key, '0', '-1')));
}

const USER_KINDS = new Set(['inbox', 'inboxmeta', 'popups', 'presence', 'focus', 'claims', 'recent']);

function isUserKey({ person }: Scene, [user]: readonly string[]): boolean {
  return person.kind === 'user' && user === person.user;
}

/** Is one of these calls alive and not erased? Then what leads to it stays. */
async function isLeft(
  { redis, names, tenant, dryRun, person }: Scene,
  callIds: readonly (string | null)[],
): Promise<boolean> {
  for (const callId of callIds) {
    if (callId === null || callId === '#v') continue;
    const { events } = await readCall(redis, names.call(tenant, callId));
    const isErased =
      isFarEndErased(events) || (dryRun && isClosed(events) && findPerson(events, person).size > 0);
    if (events.length > 0 && !isErased) return true;
  }
  return false;
}
