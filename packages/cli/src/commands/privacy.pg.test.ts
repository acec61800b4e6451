import { randomBytes, randomUUID } from 'node:crypto';
import { reduceCall } from '@ramal/calls';
import { type CallEvent, toUuidV7 } from '@ramal/contracts';
import { sealAudit, toChainKeys, writeBatch } from '@ramal/store';
import { startTestRedis } from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliDatabase, openCliDatabase } from '../../test/open-cli-database.ts';

const KEY = randomBytes(32);
const NUMBER = '47999991234';
let database: CliDatabase;
let redis: Awaited<ReturnType<typeof startTestRedis>>;

beforeAll(async () => {
  [database, redis] = await Promise.all([openCliDatabase(), startTestRedis()]);
  await database.insert('wl_chamados_empresa', { empresa_id: 1, tenant: 'acme', ativo: 1 });
  await database.insert('cti_settings', { empresa_id: 1, settings: '{"retentionDays": 20}' });
});
afterAll(async () => {
  await redis.stop();
  await database.drop();
});

const ramal = (...argv: string[]) =>
  database.ramal(argv, { REDIS_URL: redis.url, RAMAL_MASTER_KEY: KEY.toString('base64'), USER: 'root' });

async function remember(time: string): Promise<void> {
  const at = Date.parse(time);
  const event: CallEvent = {
    type: 'call.ended',
    eventId: randomUUID(),
    tenant: 'acme',
    callId: toUuidV7(at, randomBytes(10)),
    at,
    direction: 'inbound',
    ramal: '3501',
    peer: NUMBER,
    origin: NUMBER,
    destination: '3501',
    matchedBy: 'created',
    recording: 'https://pbx.example/1.wav',
  };
  await writeBatch(
    database.store,
    { partition: 0, checkpointId: null, events: [{ event }], deadLetters: [] },
    reduceCall,
  );
}

test('retention is counted, then run', async () => {
  // The tool's clock stands at 1 March 2026.
  await remember('2026-01-10T12:00:00Z');
  await remember('2026-02-20T12:00:00Z');
  const counted = await ramal('retention', 'run', '--dry-run', '--json');
  expect(JSON.parse(counted.stdout)).toMatchObject({
    dryRun: true,
    databases: [{ ownDatabaseOf: null, counts: { calls: 1, events: 1 } }],
    problems: [],
  });
  const run = await ramal('retention', 'run');
  expect(run.code).toBe(0);
  expect(run.stdout).toMatch(/^shared database: gone\n {2}whole months: .*2026_01/);
  expect((await database.store.query('select 1 from calls')).rowCount).toBe(1);
});

test('LGPD art. 18: a person is exported and erased; the audit log says so and verifies', async () => {
  const who = ['--tenant', 'acme', '--number', '(47) 9 9999-1234'];
  const exported = await ramal('privacy', 'export', ...who);
  expect(exported.code).toBe(0);
  expect(JSON.parse(exported.stdout)).toMatchObject({
    tenant: 'acme',
    calls: [{ call: { peer: { raw: NUMBER } } }],
  });
  const erased = await ramal('privacy', 'erase', ...who);
  expect(erased.code).toBe(0);
  expect(erased.stdout).toMatch(
    /Erased from 1 stored calls[\s\S]*https:\/\/pbx\.example\/1\.wav[\s\S]*Nothing is left\./,
  );
  expect(JSON.parse((await ramal('privacy', 'export', ...who)).stdout).calls).toEqual([]);

  const list = await ramal('audit', 'list', '--tenant', 'acme', '--json');
  const { entries } = JSON.parse(list.stdout) as {
    entries: { action: string; actor: string; subject: string }[];
  };
  expect(entries.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['person.erased', 'person.exported', 'config.changed']),
  );
  expect(entries[0]).toMatchObject({
    actor: 'operator root',
    subject: expect.stringMatching(/^number hmac:/),
  });
  expect(list.stdout).not.toMatch(/9999-?1234/);

  await sealAudit(database.store, toChainKeys([KEY]));
  const verified = await ramal('audit', 'verify');
  expect(verified.code).toBe(0);
  const [, head = ''] = /ends at (\S+)/.exec(verified.stdout) ?? [];
  expect((await ramal('audit', 'verify', '--expect', head)).code).toBe(0);
  const other = head.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
  const wrong = await ramal('audit', 'verify', '--expect', other);
  expect([wrong.code, wrong.stdout]).toEqual([1, expect.stringContaining('cut off or made anew')]);
});

test.each([
  [['privacy', 'erase', '--number', NUMBER], /--tenant/],
  [['privacy', 'erase', '--tenant', 'acme'], /either --number NUMBER or --user USER/],
  [['privacy', 'erase', '--tenant', 'acme', '--number', NUMBER, '--user', 'ana'], /either/],
  [['privacy', 'export', '--tenant', 'acme', '--number', '3501'], /7 digits/],
  [['retention', 'run', '--default-days', 'soon'], /days must be/],
  [['audit', 'list', '--limit', '0'], /--limit/],
  [['audit', 'verify', '--expect', 'x'], /SEQ:HASH/],
])('a wrong call %j ends with 2 and says what is wrong', async (argv, message) => {
  const { code, stdout, stderr } = await ramal(...argv);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(message);
});
