import { createTestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { insertCallbackToken } from './callback-tokens.ts';
import type { Store } from './connect-store.ts';
import { hashSecret } from './hash-secret.ts';
import { createTenantLookup, findMaxCallMs, isInternalNumber, type TenantLookup } from './tenant-lookup.ts';

let db: TestStore;
let lookup: TenantLookup;
let nowMs: number;
/** What the database does: answer, hold nothing, fail, or not answer at all. */
let mode: 'well' | 'empty' | 'down' | 'frozen';
let queries: number;
beforeAll(async () => {
  db = await openTestStore(await createTestDatabase());
  await insertCallbackToken(db.store, { tokenHash: hashSecret('a token'), tenant: 'acme' });
});
afterAll(() => db.drop());
beforeEach(async () => {
  await db.store.query('truncate wl_chamados_empresa, empresas, configuracao_cti, cti_settings, agents');
  await db.store.query(
    `insert into wl_chamados_empresa (empresa_id, tenant, ativo, vip) values (1, 'acme', 1, 1)`,
  );
  await db.store.query(
    `insert into empresas (empresa_id, usa_cti, cti_autenticacao, cti_tipo, cti_protocolo, cti_ip, cti_porta,
       cti_caminho, cti_nome_origem, cti_nome_destino)
     values (1, 1, 1, 10, 'https', 'cti.example', '8.080', 'dial', 'origem', 'destino')`,
  );
  await db.store.query(
    `insert into agents (tenant, user_name, ramal, agente, senha, active) values
       ('acme', 'ana', '3501', 'ana.cti', 'senha', true),
       ('acme', 'gone', '3509', 'gone.cti', 'senha', false),
       ('acme', 'noline', null, 'n', 's', true)`,
  );
  mode = 'well';
  queries = 0;
  nowMs = 0;
  const query: Store['query'] = (text, values) => {
    queries += 1;
    if (mode === 'empty') return Promise.resolve({ rows: [], rowCount: 0 });
    if (mode === 'down') return Promise.reject(new Error('connect ECONNREFUSED'));
    if (mode === 'frozen') return new Promise(() => undefined);
    return db.store.query(text, values);
  };
  const store = { ...db.store, query };
  const stores = { of: async () => store, open: () => 0, close: async () => undefined };
  lookup = createTenantLookup({ store, stores, sealer: null, now: () => nowMs });
});

describe('a tenant’s profile', () => {
  test('holds its company, configuration and registered extensions', async () => {
    const profile = await lookup.profile('acme');
    expect(profile).toMatchObject({
      tenant: { tenant: 'acme', active: true, vip: true },
      cti: { status: 'ok', config: { host: 'cti.example', port: 8080 } },
      ramalMaxDigits: 5,
    });
    // Inactive users answer no phone.
    expect([...(profile?.userByRamal ?? [])]).toEqual([['3501', 'ana']]);
    expect(await lookup.profile('nobody')).toBeNull();
  });

  test('R33 tells extensions from numbers, by the tenant’s own length', async () => {
    await db.store.query('insert into cti_settings values (1, $1)', [{ ramalMaxDigits: 3 }]);
    const profile = await lookup.profile('acme');
    if (profile === null) throw new Error('no profile');
    const internal = (number: string) => isInternalNumber(profile, number);
    expect(['3501', '350', '35010', '190', '4732100123'].map(internal)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  test('says for how long a call stays open; a company that is gone has the default', async () => {
    expect(await findMaxCallMs(lookup, 'acme')).toBe(240 * 60_000);
    await db.store.query('insert into cti_settings values (1, $1)', [{ maxCallMinutes: 7 }]);
    nowMs = 2_000;
    expect(await findMaxCallMs(lookup, 'acme')).toBe(7 * 60_000);
    mode = 'down';
    nowMs = 60_000;
    expect(await findMaxCallMs(lookup, 'acme')).toBe(7 * 60_000);
    await expect(findMaxCallMs(lookup, 'never asked for')).rejects.toThrow('ECONNREFUSED');
    mode = 'well';
    expect(await findMaxCallMs(lookup, 'nobody')).toBe(240 * 60_000);
  });

  test('tells at once what is in memory and young enough, and asks nobody', async () => {
    expect(lookup.known('acme')).toBeNull();
    const profile = await lookup.profile('acme');
    expect(profile).not.toBeNull();
    const before = queries;
    expect(lookup.known('acme')).toBe(profile);
    expect(lookup.known('nobody')).toBeNull();
    lookup.forget('acme');
    expect(lookup.known('acme')).toBeNull();
    expect(queries).toBe(before);
  });

  test('with settings that don’t parse can’t dial, and still reads callbacks', async () => {
    await db.store.query('insert into cti_settings values (1, $1)', [{ statusMap: 'no' }]);
    expect((await lookup.profile('acme'))?.cti).toMatchObject({
      status: 'invalid',
      callback: { originName: 'origem', replyBody: 'ok' },
    });
  });

  test('credentials are a user’s own', async () => {
    expect(await lookup.credentials('acme', 'ana')).toMatchObject({ agente: 'ana.cti', senha: 'senha' });
    expect(await lookup.credentials('acme', 'nobody')).toBeNull();
    expect(await lookup.credentials('globex', 'ana')).toBeNull();
  });

  test('I6 a callback token leads to its own tenant, and no other text does', async () => {
    expect((await lookup.byCallbackToken('a token'))?.tenant.tenant).toBe('acme');
    expect(await lookup.byCallbackToken('A token')).toBeNull();
    expect(await lookup.byCallbackToken('')).toBeNull();
  });
});

describe('R29 a change', () => {
  test('takes effect in two seconds, without a restart', async () => {
    expect((await lookup.profile('acme'))?.cti.status).toBe('ok');
    await db.store.query('update empresas set usa_cti = 0');
    nowMs = 449;
    expect((await lookup.profile('acme'))?.cti.status).toBe('ok');
    nowMs = 900;
    expect((await lookup.profile('acme'))?.cti.status).toBe('disabled');
  });

  test('a company that is gone is gone, whatever was known of it', async () => {
    await lookup.profile('acme');
    await db.store.query('delete from wl_chamados_empresa');
    nowMs = 2_000;
    expect(await lookup.profile('acme')).toBeNull();
    mode = 'down';
    nowMs = 4_000;
    await expect(lookup.profile('acme')).rejects.toThrow('ECONNREFUSED');
  });

  test('many who ask at once cost one reading', async () => {
    await lookup.profile('acme');
    const once = queries;
    nowMs = 2_000;
    queries = 0;
    await Promise.all(Array.from({ length: 100 }, () => lookup.profile('acme')));
    expect(queries).toBe(once);
  });
});

describe('with PostgreSQL away', () => {
  const ask = () =>
    Promise.all([
      lookup.profile('acme'),
      lookup.byCallbackToken('a token'),
      lookup.credentials('acme', 'ana'),
    ]);

  test('what was known goes on being known, for as long as it takes', async () => {
    const before = await ask();
    mode = 'down';
    for (nowMs of [2_000, 60_000, 3_600_000]) expect(await ask()).toEqual(before);
    mode = 'well';
    await db.store.query('update empresas set usa_cti = 0');
    nowMs += 2_000;
    expect((await lookup.profile('acme'))?.cti.status).toBe('disabled');
  });

  test('what was not known is an error, never a no', async () => {
    mode = 'down';
    await expect(lookup.profile('acme')).rejects.toThrow();
    await expect(lookup.byCallbackToken('a token')).rejects.toThrow();
    await expect(lookup.credentials('acme', 'ana')).rejects.toThrow();
  });

  test('frozen, it is waited for half a second once, not by everyone who asks', async () => {
    const before = await ask();
    mode = 'frozen';
    nowMs = 2_000;
    const startedMs = performance.now();
    expect(await lookup.profile('acme')).toEqual(before[0]);
    const waitedMs = performance.now() - startedMs;
    expect(waitedMs).toBeGreaterThan(400);
    nowMs += 600;
    const againMs = performance.now();
    for (let i = 0; i < 20; i++) expect(await lookup.profile('acme')).toEqual(before[0]);
    // Each with a patience of its own would have taken ten seconds.
    expect(performance.now() - againMs).toBeLessThan(5_000);
  });

  test('threat 9 made-up tokens push nothing out of what is known', async () => {
    const before = await lookup.byCallbackToken('a token');
    mode = 'empty';
    await Promise.all(Array.from({ length: 12_000 }, (_, n) => lookup.byCallbackToken(`made up ${n}`)));
    mode = 'down';
    nowMs = 2_000;
    expect(await lookup.byCallbackToken('a token')).toEqual(before);
  });
});
