import { randomBytes, randomUUID } from 'node:crypto';
import { type CallEvent, toUuidV7 } from '@ramal/contracts';
import { addDeadLetter, connectStore, migrate, queryAudit, type Store } from '@ramal/store';
import { createTestDatabase } from '@ramal/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type CliDatabase, openCliDatabase } from '../../test/open-cli-database.ts';

const NUMBER = '47999991234';
let database: CliDatabase;

beforeAll(async () => {
  database = await openCliDatabase();
  await database.insert('wl_chamados_empresa', { empresa_id: 1, tenant: 'acme', ativo: 1 });
  await database.insert('wl_chamados_empresa', { empresa_id: 2, tenant: 'globex', ativo: 1 });
});
afterEach(async () => {
  for (const table of ['dead_letters', 'call_events', 'calls'])
    await database.store.query(`delete from ${table}`);
});
afterAll(() => database.drop());

const ramal = (...argv: string[]) => database.ramal(['dead-letters', ...argv], { USER: 'root' });
const json = async (...argv: string[]) => JSON.parse((await ramal(...argv, '--json')).stdout);

function ended(tenant: string, over: Partial<CallEvent> = {}): CallEvent {
  const at = Date.parse('2026-02-20T12:00:00Z');
  return {
    type: 'call.ended',
    eventId: randomUUID(),
    tenant,
    callId: toUuidV7(at, randomBytes(10)),
    at,
    direction: 'inbound',
    ramal: '3501',
    peer: NUMBER,
    origin: NUMBER,
    destination: '3501',
    matchedBy: 'created',
    ...over,
  } as CallEvent;
}

let nextKey = 1;
async function put(payload: object | string, over: { reason?: string; store?: Store } = {}): Promise<string> {
  const store = over.store ?? database.store;
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const tenant = typeof payload === 'object' && 'tenant' in payload ? String(payload.tenant) : null;
  await addDeadLetter(store, {
    source: 'stream',
    partition: 0,
    key: `1795380301000-${nextKey++}`,
    tenant,
    reason: over.reason ?? 'not_an_event',
    detail: 'type: unknown',
    payload: text,
  });
  const { rows } = await store.query<{ id: string }>('select max(id)::text as id from dead_letters');
  return rows[0]?.id ?? '';
}
const stored = async (store: Store = database.store) =>
  (await store.query<{ event_id: string }>('select event_id from call_events order by 1')).rows.map(
    ({ event_id }) => event_id,
  );

test('the list shows those that wait, by tenant, reason and time, and never what they hold', async () => {
  const first = await put(ended('acme'));
  const second = await put(`poison ${NUMBER}`, { reason: 'not_json' });
  const third = await put(ended('globex'));
  await database.store.query(
    `update dead_letters set created_at = '2026-01-01T00:00:00Z' where id = $1::bigint`,
    [first],
  );
  const ids = async (...argv: string[]) =>
    (await json('list', ...argv)).letters.map(({ id }: { id: string }) => id);
  expect(await ids()).toEqual([third, second, first]);
  expect(await ids('--tenant', 'acme')).toEqual([first]);
  expect(await ids('--reason', 'not_json')).toEqual([second]);
  expect(await ids('--since', '2026-01-02T00:00:00Z')).toEqual([third, second]);
  const limited = await ramal('list', '--limit', '1');
  expect([limited.code, limited.stdout.trim().split('\n')]).toEqual([
    0,
    [
      expect.stringMatching(/^id +put aside +tenant +source +reason +state$/),
      expect.stringMatching(/globex +stream +not_an_event +waits$/),
    ],
  ]);
  expect(limited.stderr).toContain('3 in all');
  expect((await ramal('list', '--json')).stdout).not.toContain(NUMBER);
});

test('I8 threat 11: one is shown with its numbers masked, and whole only where the audit log says so', async () => {
  const id = await put(ended('acme'));
  const masked = await ramal('show', id);
  expect(masked.stdout).toContain('reason: not_an_event');
  expect(masked.stdout).toContain('"peer":"*******1234"');
  expect(masked.stdout).not.toContain(NUMBER);
  expect(await queryAudit(database.store, { tenant: null, action: 'number.revealed', limit: 9 })).toEqual([]);

  expect((await ramal('show', id, '--reveal')).stdout).toContain(`"peer":"${NUMBER}"`);
  expect(
    await queryAudit(database.store, { tenant: null, action: 'number.revealed', limit: 9 }),
  ).toMatchObject([{ tenant: 'acme', actor: 'operator root', subject: `dead letter ${id}` }]);
});

describe('a replay', () => {
  test('I3 stores what can be stored by now, once, and leaves it marked', async () => {
    const event = ended('acme');
    const id = await put(event);
    expect(await json('replay', '--id', id, '--dry-run')).toMatchObject({ counts: { readable: 1 } });
    expect(await stored()).toEqual([]);

    expect(await json('replay', '--id', id)).toMatchObject({ counts: { stored: 1, failed: 0 } });
    expect(await stored()).toEqual([event.eventId]);
    expect((await json('list')).letters).toEqual([]);
    expect((await json('list', '--replayed')).letters).toMatchObject([
      { id, replayedAt: expect.any(String) },
    ]);

    const again = await ramal('replay', '--id', id);
    expect([again.code, again.stderr]).toEqual([
      1,
      expect.stringContaining('no dead letter of that id waits'),
    ]);
    // Another letter of the same event: history had it meanwhile.
    await put(event);
    expect(await json('replay', '--all')).toMatchObject({ counts: { stored: 0, known: 1 } });
    expect(await stored()).toEqual([event.eventId]);
  });

  test('of all of a tenant leaves the others’ alone, and says what failed again, with a count', async () => {
    const good = [ended('acme'), ended('acme')];
    for (const event of good) await put(event);
    const bad = await put({ ...ended('acme'), type: 'call.invented' });
    await put(ended('globex'));
    const run = await ramal('replay', '--all', '--tenant', 'acme');
    expect([run.code, run.stdout]).toEqual([
      1,
      expect.stringMatching(
        /^Stored: 2\. Were stored already: 0\. Failed again: 1\.\n {2}\d+: it is no event: /,
      ),
    ]);
    expect(run.stdout).not.toContain(NUMBER);
    expect((await stored()).length).toBe(2);
    await ramal('replay', '--id', bad);
    expect((await json('list', '--tenant', 'acme')).letters).toMatchObject([
      { id: bad, attempts: 2, failure: expect.stringContaining('it is no event'), replayedAt: null },
    ]);
    expect((await json('list', '--tenant', 'globex')).letters).toMatchObject([{ attempts: 0 }]);
    expect(
      await queryAudit(database.store, { tenant: null, action: 'dead_letters.replayed', limit: 2 }),
    ).toMatchObject([
      { actor: 'operator root', subject: `dead letter ${bad}` },
      { tenant: 'acme', detail: { stored: 2, failed: 1 } },
    ]);
  });

  test('of a callback that never became an event says so, and leaves it', async () => {
    await addDeadLetter(database.store, {
      source: 'journal',
      partition: 0,
      key: 'a',
      tenant: 'acme',
      reason: 'callback_untold',
      detail: '',
      payload: JSON.stringify(ended('acme')),
    });
    expect(await json('replay', '--all')).toMatchObject({
      counts: { stored: 0, failed: 1 },
      letters: [{ failure: expect.stringContaining('a callback as it was received') }],
    });
    expect((await json('list')).letters).toMatchObject([{ source: 'journal', attempts: 1 }]);
  });

  test('that the database refuses is a failure of that one letter alone', async () => {
    const mine = ended('acme');
    await put(mine);
    await ramal('replay', '--all');
    // The same call, told by another company.
    const foreign = await put(ended('globex', { callId: mine.callId }));
    const good = ended('globex');
    await put(good);
    expect(await json('replay', '--all')).toMatchObject({
      counts: { stored: 1, failed: 1 },
      letters: [{ outcome: 'stored' }, { id: foreign, failure: expect.stringContaining('tenant_mismatch') }],
    });
    expect(await stored()).toEqual([mine.eventId, good.eventId].toSorted());
  });

  test('R42 finds those in a tenant’s own database, and stores there what lies in the shared one', async () => {
    const own = await createTestDatabase();
    await migrate(own.databaseUrl);
    const store = connectStore({
      databaseUrl: own.databaseUrl,
      applicationName: 'cli-test',
      onPoolError: () => undefined,
    });
    try {
      const url = new URL(own.databaseUrl);
      const name = url.pathname.slice(1);
      await store.query(`create role ${name} login superuser password 'segredo'`);
      await database.store.query(
        `update wl_chamados_empresa set host = $1, nome_banco = $2, senha_banco = 'segredo' where empresa_id = 2`,
        [url.host, name],
      );
      const [here, there] = [ended('globex'), ended('globex')];
      const id = await put(here);
      const ownId = await put(there, { store });
      expect((await json('list', '--tenant', 'globex')).letters).toMatchObject([
        { id },
        { id: `${ownId}:globex` },
      ]);
      expect(await json('replay', '--id', `${ownId}:globex`)).toMatchObject({ counts: { stored: 1 } });
      expect(await json('replay', '--all')).toMatchObject({ counts: { stored: 1 } });
      expect(await stored(store)).toEqual([here.eventId, there.eventId].toSorted());
      expect(await stored()).toEqual([]);
    } finally {
      await store.close();
      await own.drop();
    }
  });
});

test.each([
  [['list', '--since', 'yesterday'], /a time is written/],
  [['list', '--limit', '0'], /--limit/],
  [['show'], /<id> is missing/],
  [['show', 'x'], /has an id such as/],
  [['replay'], /either --id ID or --all/],
  [['replay', '--id', '1', '--all'], /either --id ID or --all/],
])('a wrong call %j ends with 2 and says what is wrong', async (argv, message) => {
  const { code, stdout, stderr } = await ramal(...argv);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(message);
});
