import { readdirSync, readFileSync } from 'node:fs';
import { createNames, DIAL_QUEUE, ROLE_SERVICES, type RoleService, toRoleName } from '@ramal/contracts';
import { readRedisRefusals, type RestartableServer, startTestRedis } from '@ramal/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyRedisRights, toAclFile } from './apply-redis-rights.ts';
import { connectRedis } from './connect-redis.ts';
import { REDIS_RIGHTS } from './redis-rights.ts';

let server: RestartableServer;
let admin: Redis;
const open: Redis[] = [];
const passwords = Object.fromEntries(ROLE_SERVICES.map((service) => [service, `pw-${service}`])) as Record<
  RoleService,
  string
>;
const urlOf = (service: RoleService) => {
  const url = new URL(server.url);
  url.username = toRoleName(service);
  url.password = passwords[service];
  return url.href;
};

beforeAll(async () => {
  server = await startTestRedis();
  await applyRedisRights(server.url, passwords);
  admin = new Redis(server.url);
});
afterAll(async () => {
  admin.disconnect();
  for (const redis of open) redis.disconnect();
  await server.stop();
});

/** What Redis would say to a command of a service's, without running it: null is yes. */
async function refusalOf(service: RoleService, ...command: string[]): Promise<string | null> {
  const answer = String(await admin.call('ACL', 'DRYRUN', toRoleName(service), ...command));
  return answer === 'OK' ? null : answer;
}

const names = createNames();
const TENANT = 'acme:{x}*';
/** Every key that `names.ts` makes, by its method. */
const KEYS: Readonly<Record<string, string>> = {
  events: names.events(7),
  due: names.dueIntents(7),
  open: names.openCalls(7),
  gateways: names.gateways(7),
  down: names.ctisDown(7),
  intent: names.intent(TENANT, 'i'),
  recent: names.recentDial(TENANT, 'u', 't'),
  rate: names.dialRate(TENANT, 'agent', 'u'),
  cti: names.cti(TENANT),
  call: names.call(TENANT, 'c'),
  ramal: names.ramalCalls(TENANT, 'r'),
  line: names.line(TENANT, 'r', 'p'),
  external: names.external(TENANT, 'e'),
  dedupe: names.dedupe(TENANT, 'd'),
  inbox: names.inbox(TENANT, 'u'),
  webhookid: names.webhookId(TENANT, 'w'),
  inboxmeta: names.inboxMeta(TENANT, 'u'),
  popups: names.popups(TENANT, 'u'),
  presence: names.presence(TENANT, 'u'),
  focus: names.focus(TENANT, 'u'),
  claims: names.claims(TENANT, 'u'),
  mark: names.replicaMark(7),
};
const QUEUE_KEY = `${DIAL_QUEUE.prefix}:${DIAL_QUEUE.name}:wait`;
const PRIVATE: Readonly<Record<string, readonly RoleService[]>> = {
  rate: ['ws-gateway', 'api'],
  cti: ['ws-gateway', 'dialer', 'api'],
  webhookid: ['webhook'],
  down: ['ws-gateway', 'dialer'],
  mark: ['dialer'],
};

test.each(Object.entries(KEYS))(
  'keys of kind %s are within reach of those services alone that use them',
  async (kind, key) => {
    const expected = PRIVATE[kind] ?? ROLE_SERVICES;
    for (const service of ROLE_SERVICES) {
      const refusal = await refusalOf(service, 'DEL', key);
      expect([service, refusal === null]).toEqual([service, expected.includes(service)]);
    }
  },
);

describe.each(ROLE_SERVICES)('threat 12 the Redis user of %s', (service) => {
  test('connects as the service does, in each of its ways', async () => {
    const log = { info: () => undefined, warn: () => undefined };
    for (const role of ['commands', 'subscriber', 'blocking', 'queue'] as const) {
      const redis = await connectRedis({ url: urlOf(service), role, name: 'rights', log });
      open.push(redis);
      expect(await redis.ping()).toBe('PONG');
    }
  });

  test.each([
    [['FLUSHALL']],
    [['KEYS', '*']],
    [['CONFIG', 'SET', 'save', '']],
    [['CONFIG', 'GET', '*']],
    [['ACL', 'SETUSER', 'x']],
    [['SHUTDOWN']],
    [['DEBUG', 'SLEEP', '1']],
    [['MONITOR']],
    [['CLIENT', 'LIST']],
    [['CLIENT', 'KILL', 'ID', '1']],
    [['REPLICAOF', 'NO', 'ONE']],
    [['FUNCTION', 'LIST']],
    [['MIGRATE', '127.0.0.1', '1', 'k', '0', '1']],
    [['GET', 'elsewhere']],
    [['SET', 'ramal:other', 'x']],
    [['SPUBLISH', 'ramal:other', 'x']],
    [['PSUBSCRIBE', '*']],
  ])('may not %j', async (command) => {
    expect(await refusalOf(service, ...command)).toMatch(/permissions/);
  });

  test('goes through the names of keys, to erase a person, or may not', async () => {
    const refusal = await refusalOf(service, 'SCAN', '0');
    if (service === 'api') expect(refusal).toBeNull();
    else expect(refusal).toMatch(/permissions/);
  });

  test('cannot reach in a script what it cannot reach itself', async () => {
    const redis = new Redis(urlOf(service));
    open.push(redis);
    await expect(redis.eval(`return redis.call('GET', 'elsewhere')`, 0)).rejects.toThrow(/can't access/);
    await expect(redis.eval(`return redis.call('FLUSHALL')`, 0)).rejects.toThrow(/can't run/);
  });

  test('may queue dials, or may not', async () => {
    const may = ['ws-gateway', 'dialer', 'api'].includes(service);
    expect((await refusalOf(service, 'ZADD', QUEUE_KEY, '1', 'x')) === null).toBe(may);
    expect((await refusalOf(service, 'BZPOPMIN', QUEUE_KEY, '1')) === null).toBe(service === 'dialer');
    // What a dialer that died had in hand is put back with it.
    expect((await refusalOf(service, 'RPUSH', QUEUE_KEY, 'x')) === null).toBe(service === 'dialer');
  });

  test('may take events off the streams, or may only add some', async () => {
    const stream = names.events(7);
    expect(await refusalOf(service, 'XADD', stream, '*', 'e', '{}')).toBeNull();
    const read = ['XREADGROUP', 'GROUP', 'history', 'c', 'STREAMS', stream, '>'];
    for (const command of [read, ['XACK', stream, 'history', '1-1'], ['XGROUP', 'CREATE', stream, 'g', '0']])
      expect((await refusalOf(service, ...command)) === null).toBe(service === 'history');
  });

  test('may hear agents’ channels, or may only tell them', async () => {
    const channel = names.agentChannel(TENANT, 'u');
    expect(await refusalOf(service, 'SPUBLISH', channel, '{}')).toBeNull();
    expect((await refusalOf(service, 'SSUBSCRIBE', channel)) === null).toBe(service === 'ws-gateway');
    const probe = await refusalOf(service, 'SPUBLISH', names.gatewayProbe('gw:1'), '');
    expect(probe === null).toBe(service === 'ws-gateway');
  });
});

test('what Redis refuses is read from its log', async () => {
  await admin.acl('LOG', 'RESET');
  const redis = new Redis(urlOf('webhook'));
  open.push(redis);
  await expect(redis.get('elsewhere')).rejects.toThrow(/NOPERM/);
  expect(await readRedisRefusals(server.url)).toEqual(['ramal_webhook key elsewhere']);
});

test('every command of the scripts is one that some user may run', () => {
  const folder = new URL('../lua/', import.meta.url);
  const allowed = new Set(Object.values(REDIS_RIGHTS).flatMap(({ commands }) => commands));
  const used = readdirSync(folder).flatMap((file) => {
    const lua = readFileSync(new URL(file, folder), 'utf8');
    return [...lua.matchAll(/redis\.p?call\(\s*'([A-Z]+)'(?:\s*,\s*'([A-Z]+)')?/g)].map(
      ([, command = '', sub = '']) => {
        const name = command.toLowerCase();
        return ['xgroup', 'xinfo'].includes(name) ? `${name}|${sub.toLowerCase()}` : name;
      },
    );
  });
  expect(used.length).toBeGreaterThan(100);
  expect(used.filter((command) => !allowed.has(command))).toEqual([]);
});

test('an ACL file makes the same users, and locks the default one', async () => {
  const file = toAclFile({ ...passwords, default: null });
  const lines = file.trim().split('\n');
  expect(lines[0]).toBe('user default off');
  const list = ((await admin.acl('LIST')) as string[]).filter((line) => line.startsWith('user ramal_'));
  expect(
    lines
      .slice(1)
      .map((line) => line.split(' ')[1])
      .sort(),
  ).toEqual(list.map((line) => line.split(' ')[1]).sort());
});

test('the users are there after a restart', async () => {
  await server.kill();
  await server.restart();
  const redis = new Redis(urlOf('webhook'));
  open.push(redis);
  expect(await redis.ping()).toBe('PONG');
});
