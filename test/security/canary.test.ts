import { randomInt } from 'node:crypto';
import { connectRedis } from '@ramal/bus';
import { SERVICE_NAMES } from '@ramal/devstack';
import { sleepUntil } from '@ramal/testkit';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';
import { type Played, playScenario, settle } from './canary-scenario.ts';
import { type Canary, createCanarySearch, type Finding, type Place } from './canary-spellings.ts';
import { type CanaryCompany, openCanaryCompany } from './open-canary-company.ts';
import { readDatabase } from './read-database.ts';
import { type RedisMonitor, startRedisMonitor } from './redis-monitor.ts';
import { type RedisCommands, readRedis, toKeyKind } from './read-redis.ts';

// Everything that was ever said is looked through, which takes a second, and many on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

/** Keys of Redis that need the number of a call that is alive or was a moment ago, and why. */
const NUMBER_KEYS: Readonly<Record<string, string>> = {
  call: 'the facts about a live call, until PostgreSQL has them',
  line: 'callbacks without an id find their call by the digits of its far end (R46)',
  inbox: 'the events that an agent’s page may still have to get (I5)',
  popups: 'the pop-ups that stand, with whom they are about',
  events: 'facts on their way to PostgreSQL',
  intent: 'the dialer reads what to dial; a repeated click is held against it (I1)',
  recent: 'the second click on the same number is the first one',
  rate: 'dials to one number are counted',
};
/** Columns that hold numbers, because calls are found by them. */
const NUMBER_COLUMNS = new Set([
  ...['peer', 'peer_digits', 'peer_e164', 'origin', 'destination', 'recording'].map(
    (column) => `calls.${column}`,
  ),
  'call_events.event',
]);
/** Columns in which an administrator or a CRM hands us credentials. */
const SECRET_COLUMNS = new Set([
  'agents.senha',
  'agents.token',
  'wl_chamados_empresa.senha_padrao',
  'empresas.cti_caminho',
]);

let system: TestStack;
let redis: Awaited<ReturnType<typeof connectRedis>>;
let monitor: RedisMonitor;
let played: Played;
let companies: CanaryCompany[];
let canaries: Canary[];
let search: (places: Iterable<Place>) => Finding[];
/** No number of a simulator or clock begins like this; a digit more makes one of each company. */
const number = `479${String(randomInt(10_000_000)).padStart(7, '0')}`;

beforeAll(async () => {
  system = await startTestStack({
    env: { '*': { LOG_LEVEL: 'trace' }, 'ws-gateway': { GATEWAY_LEGACY_PASSWORDS: 'true' } },
  });
  const quiet = { warn: () => undefined, info: () => undefined };
  redis = await connectRedis({ url: system.dev.redisUrl, role: 'commands', name: 'canary', log: quiet });
  monitor = await startRedisMonitor(system.dev.redisUrl);
  companies = await Promise.all(([1, 2, 3, 4] as const).map((mode) => openCanaryCompany(system, mode)));
  played = await playScenario(system, companies, number);
  await settle(
    system,
    companies.map(({ tenant }) => tenant),
  );
  canaries = [
    ...companies.flatMap((company) => company.canaries),
    ...played.canaries,
    { name: 'the key of every tenant', kind: 'secret', text: system.dev.apiKey },
    { name: 'the key that signs agents’ tokens', kind: 'secret', text: system.agentTokenSecret },
    { name: 'the number', kind: 'number', text: number },
  ];
  search = createCanarySearch(canaries);
}, 120_000);
afterAll(async () => {
  monitor?.stop();
  redis?.disconnect();
  await Promise.all((companies ?? []).map(({ simulator }) => simulator.stop()));
  await system?.stop();
});

/** Findings as a failing test shows them. */
const tell = (findings: readonly Finding[]) =>
  findings.map(({ canary, where, excerpt }) => `${canary.name} in ${where}: ${excerpt}`);
const ofRedis = async (): Promise<Finding[]> => {
  const places = await readRedis(redis as unknown as RedisCommands);
  const numberKeys = new Set(
    places.filter(({ key }) => Object.hasOwn(NUMBER_KEYS, toKeyKind(key) ?? '')).map(({ where }) => where),
  );
  return search(places).filter(({ canary, where }) => canary.kind === 'secret' || !numberKeys.has(where));
};
const ofDatabase = async (): Promise<Finding[]> => {
  const findings = search(await readDatabase(system.history));
  return findings.filter(({ canary, where }) => {
    const column = where.replace('column ', '');
    return !(canary.kind === 'secret' ? SECRET_COLUMNS : NUMBER_COLUMNS).has(column);
  });
};
const logPlaces = (): Place[] =>
  SERVICE_NAMES.flatMap((service) =>
    system.stack.output(service).map((text, line) => ({ where: `line ${line} of ${service}’s log`, text })),
  );
const metricPlaces = async (): Promise<Place[]> =>
  Promise.all(
    Object.entries(system.dev.services)
      .filter(([name]) => name !== 'simulator')
      .map(async ([name, { opsUrl }]) => ({
        where: `metrics of ${name}`,
        text: await (await fetch(`${opsUrl}/metrics`)).text(),
      })),
  );

describe('after every way to handle a credential or a number (threat 4, I8)', () => {
  test('each company’s CTI was asked with the credentials its authentication wants (R31)', () => {
    for (const { simulator, tenant } of companies) {
      const [first] = simulator.originates();
      expect({ tenant, authorized: first?.authorized, outcome: first?.outcome }).toEqual({
        tenant,
        authorized: true,
        outcome: 'accepted',
      });
    }
  });

  test('no line of any log holds a secret or a number', () => {
    const places = logPlaces();
    expect(places.length).toBeGreaterThan(100);
    expect(tell(search(places))).toEqual([]);
  });

  test('no page of metrics does', async () => {
    const places = await metricPlaces();
    expect(places.every(({ text }) => text.includes('ramal_'))).toBe(true);
    expect(tell(search(places))).toEqual([]);
  });

  test('no refusal and no output of the command line does', () => {
    expect(played.shown.length).toBeGreaterThan(80);
    expect(tell(search(played.shown))).toEqual([]);
  });

  test('no key of Redis holds a secret, and only those that need it a number', async () => {
    expect(tell(await ofRedis())).toEqual([]);
    const kinds = (await readRedis(redis as unknown as RedisCommands)).map(({ key }) => toKeyKind(key));
    expect(kinds).toContain('call');
    // Jobs of BullMQ were among them.
    expect(kinds).toContain(null);
  });

  test('nothing that was ever said to Redis held a secret', () => {
    expect(monitor.lines().length).toBeGreaterThan(500);
    const places = monitor.lines().map((text, line) => ({ where: `command ${line}`, text }));
    expect(tell(search(places).filter(({ canary }) => canary.kind === 'secret'))).toEqual([]);
  });

  test('no column of PostgreSQL holds a secret but where it was handed over, and only the calls’ own a number', async () => {
    expect(tell(await ofDatabase())).toEqual([]);
  });
});

describe('the search would find a canary', () => {
  const basic = () => `Basic ${Buffer.from(`agente-1:${companies[1]?.senha}`).toString('base64')}`;

  test('in Redis: in a key that may hold numbers, in a job, and in the name of a key', async () => {
    const keys = ['ramal:{p1}:call:planted:x', '{ramal-queue}:dial:planted', `ramal:{p1}:metric:${number}`];
    await redis.call('HSET', keys[0] ?? '', 'v', `Authorization: ${basic()}`);
    await redis.call('HSET', keys[1] ?? '', 'data', JSON.stringify({ to: `${number}1` }));
    await redis.call('SET', keys[2] ?? '', '1');
    const found = await ofRedis();
    await redis.call('DEL', ...keys);
    expect(found.map(({ canary, where }) => `${canary.name} in ${where}`).toSorted()).toEqual(
      [
        `senha of canary-2 in redis key ${keys[0]}`,
        `the number in redis key ${keys[1]}`,
        `the number in redis key ${keys[2]}`,
      ].toSorted(),
    );
    await sleepUntil(() => monitor.lines().some((line) => line.includes('planted')), { timeoutMs: 30_000 });
    const planted = monitor.lines().filter((line) => line.includes('planted'));
    const said = planted.map((text) => ({ where: 'monitor', text }));
    expect(search(said).map(({ canary }) => canary.name)).toContain('senha of canary-2');
  });

  test('in PostgreSQL, among the traces', async () => {
    await system.history.query(
      `insert into call_traces (started_at, trace_id, call_id, tenant, at, step, process, data)
       select started_at, gen_random_uuid(), call_id, tenant, now(), 'planted', 'test', $1 from calls limit 1`,
      [
        {
          url: `https://pbx.example/?destino=0${number}2&token=${encodeURIComponent(companies[2]?.token ?? '')}`,
        },
      ],
    );
    const found = await ofDatabase();
    await system.history.query(`delete from call_traces where step = 'planted'`);
    expect(found.map(({ canary, where }) => `${canary.name} in ${where}`)).toEqual([
      'token of canary-3 in column call_traces.data',
      'the number in column call_traces.data',
    ]);
  });

  test('in a log, a page of metrics and a refusal', () => {
    const planted = [
      { where: 'log', text: `{"level":"warn","url":"/v1/cti/${companies[0]?.callbackToken}/ended"}` },
      { where: 'metrics', text: `ramal_dials_total{to="*${number.slice(1)}"} 1` },
      { where: 'refusal', text: `{"message":"${basic().slice(0, 40)}"}` },
    ];
    expect(search(planted).map(({ where }) => where)).toEqual(['log', 'metrics', 'refusal']);
  });
});
