import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectTenants, isPassword, newSigningSecret, type Tenants, toSigningKey } from '@ramal/store';
import { sleepUntil } from '@ramal/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CliDatabase, openCliDatabase } from '../../test/open-cli-database.ts';
import type { RamalRun } from '../../test/run-ramal.ts';

const MASTER_KEY = randomBytes(32);
const ENV = { RAMAL_MASTER_KEY: MASTER_KEY.toString('base64'), USER: 'olga' };

let db: CliDatabase;
let tenants: Tenants;
let folder: string;
beforeAll(async () => {
  [db, folder] = await Promise.all([openCliDatabase(), mkdtemp(join(tmpdir(), 'ramal-cli-'))]);
  tenants = connectTenants({
    databaseUrl: db.databaseUrl,
    applicationName: 'test',
    masterKey: MASTER_KEY,
    maxConnections: 2,
    onError: () => undefined,
  });
  await db.insert('wl_chamados_empresa', { empresa_id: 1, tenant: 'demo', ativo: 1 });
  await db.insert('wl_chamados_empresa', { empresa_id: 2, tenant: 'acme', ativo: 1 });
});
afterAll(async () => {
  await tenants?.close();
  await db?.drop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await db.store.query('truncate callback_tokens, callback_networks, callback_credentials');
  tenants.lookup.forget(null);
  tenants.callbackProtections.forget(null);
});

const ramal = (...argv: string[]) => db.ramal(argv, ENV);
async function json<T>(run: Promise<RamalRun>): Promise<T> {
  const { code, stdout, stderr } = await run;
  expect([code, stderr.replace(/^database: .*\n/, '')]).toEqual([0, '']);
  return JSON.parse(stdout) as T;
}
const tenantOf = async (token: string) => {
  tenants.lookup.forget(null);
  return (await tenants.lookup.byCallbackToken(token))?.tenant.tenant ?? null;
};
/** The tokens are read again a quarter of a second after the last time at the earliest. */
const nobodysSoon = (token: string) =>
  sleepUntil(async () => (await tenantOf(token)) === null, { describe: 'the token to count no more' });
async function auditOf(action: string): Promise<unknown[]> {
  const { rows } = await db.store.query<{ entry: string }>(
    `select row_to_json(audit_log)::text as entry from audit_log where action = $1 order by 1`,
    [action],
  );
  return rows.map(({ entry }) => JSON.parse(entry));
}

interface Issued {
  token: string;
  tokenId: string;
  addresses: Record<string, string>;
  ending: string[];
}
interface Listed {
  tokens: { tokenId: string; name: string | null; counts: boolean; endsAt: string | null }[];
}

describe('threat 5 ramal callback-token', () => {
  test('create shows a token of 256 bits once, with the addresses to give to the CTI', async () => {
    const { code, stdout } = await ramal(
      ...['callback-token', 'create', 'demo', '--webhook-url', 'https://cti.example/', '--lang', 'en'],
    );
    expect(code).toBe(0);
    const token = /^ {2}(cb_[\w-]{43})$/m.exec(stdout)?.[1] ?? '';
    expect(stdout).toContain('not shown again');
    for (const kind of ['incoming', 'answered', 'ended', 'recording'])
      expect(stdout).toContain(`  https://cti.example/v1/cti/${token}/${kind}\n`);
    expect(await tenantOf(token)).toBe('demo');
    const dump = await db.store.query(
      'select row_to_json(callback_tokens)::text as row from callback_tokens',
    );
    expect(JSON.stringify(dump.rows)).not.toContain(token);
    expect(JSON.stringify(await auditOf('key.created'))).not.toContain(token);
    expect(await auditOf('key.created')).toMatchObject([{ tenant: 'demo', actor: 'operator olga' }]);
  });

  test('the address is the environment’s where none is given, and has a gap where nobody knows it', async () => {
    const { addresses } = await json<Issued>(ramal('callback-token', 'create', 'demo', '--json'));
    expect(addresses['ended']).toMatch(/^https:\/\/YOUR-WEBHOOK\/v1\/cti\/cb_/);
    const env = { ...ENV, WEBHOOK_PUBLIC_URL: 'https://env.example' };
    const told = await json<Issued>(db.ramal(['callback-token', 'create', 'demo', '--json'], env));
    expect(told.addresses['ended']).toMatch(/^https:\/\/env\.example\//);
  });

  test('rotate lets the old one count for the overlap, and list shows all of it', async () => {
    const old = await json<Issued>(ramal('callback-token', 'create', 'demo', '--name', 'filial', '--json'));
    const other = await json<Issued>(ramal('callback-token', 'create', 'acme', '--json'));
    const next = await json<Issued>(ramal('callback-token', 'rotate', 'demo', '--overlap', '1h', '--json'));
    expect(next.ending).toEqual([old.tokenId]);
    expect([await tenantOf(old.token), await tenantOf(next.token), await tenantOf(other.token)]).toEqual([
      'demo',
      'demo',
      'acme',
    ]);
    const { tokens } = await json<Listed>(ramal('callback-token', 'list', 'demo', '--json'));
    expect(
      tokens.map(({ tokenId, name, counts, endsAt }) => [tokenId, name, counts, endsAt !== null]),
    ).toEqual([
      [next.tokenId, null, true, false],
      [old.tokenId, 'filial', true, true],
    ]);
    const last = await json<Issued>(ramal('callback-token', 'rotate', 'demo', '--overlap', '0s', '--json'));
    await nobodysSoon(old.token);
    await nobodysSoon(next.token);
    expect(await tenantOf(last.token)).toBe('demo');
    const { stdout } = await ramal('callback-token', 'list', 'demo', '--lang', 'pt-BR');
    expect(stdout).toMatch(new RegExp(`${last.tokenId} .* vale\\n`));
    expect(stdout).toMatch(new RegExp(`${old.tokenId} .*filial.* terminou\\n`));
    expect(stdout).not.toContain('cb_');
  });

  test('revoke ends one at once, its own tenant’s alone', async () => {
    const { token, tokenId } = await json<Issued>(ramal('callback-token', 'create', 'demo', '--json'));
    const refused = await ramal('callback-token', 'revoke', 'acme', tokenId);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('no callback token')]);
    expect(await tenantOf(token)).toBe('demo');
    expect((await ramal('callback-token', 'revoke', 'demo', tokenId)).code).toBe(0);
    await nobodysSoon(token);
    expect(await auditOf('key.revoked')).toMatchObject([
      { tenant: 'demo', subject: `callback token ${tokenId}` },
    ]);
  });

  test('a tenant that is not there gets none, and a wrong overlap is said to be', async () => {
    expect((await ramal('callback-token', 'create', 'nobody')).code).toBe(1);
    for (const overlap of ['', '7', '1w', '-1d', '9999999d'])
      expect((await ramal('callback-token', 'rotate', 'demo', `--overlap=${overlap}`)).code).toBe(2);
    const { rows } = await db.store.query('select 1 from callback_tokens');
    expect(rows).toEqual([]);
  });
});

describe('threat 5 ramal callback-auth', () => {
  const protectionOf = (tenant: string) => {
    tenants.callbackProtections.forget(null);
    return tenants.callbackProtections.of(tenant);
  };
  interface Set {
    signingSecret: string;
    basic: { user: string; password: string };
  }

  test('set demands all that is named, shows new secrets once, and clear takes away what is named', async () => {
    const set = await json<Set>(
      ramal(
        ...['callback-auth', 'set', 'demo', '--signing', '--basic-user', 'pbx', '--json'],
        ...['--networks', '203.0.113.0/24, 2001:db8::/32'],
      ),
    );
    const { signingKeys, basicLogins, networks } = await protectionOf('demo');
    expect(signingKeys).toEqual([toSigningKey(set.signingSecret)]);
    expect(basicLogins?.map(({ user }) => user)).toEqual(['pbx']);
    expect(await isPassword(set.basic.password, basicLogins?.[0]?.passwordHash ?? '')).toBe(true);
    expect([networks?.has('203.0.113.9'), networks?.has('2001:db8::1'), networks?.has('10.0.0.1')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(await protectionOf('acme')).toEqual({ networks: null, signingKeys: null, basicLogins: null });

    const { stdout } = await ramal('callback-auth', 'show', 'demo', '--lang', 'en');
    expect(stdout).toContain('networks: 203.0.113.0/24, 2001:db8::/32 alone');
    expect(stdout).toContain('signature: demanded');
    expect(stdout).toMatch(/pbx: \d{4}-.* counts/);
    for (const secret of [set.signingSecret.slice(6), set.basic.password]) {
      expect(stdout).not.toContain(secret);
      const { rows } = await db.store.query(
        `select row_to_json(c)::text as a from callback_credentials c union all select row_to_json(l)::text from audit_log l`,
      );
      expect(JSON.stringify(rows)).not.toContain(secret);
    }

    expect((await ramal('callback-auth', 'clear', 'demo', '--signing', '--networks')).code).toBe(0);
    expect(await protectionOf('demo')).toMatchObject({
      networks: null,
      signingKeys: null,
      basicLogins: [{}],
    });
  });

  test('set rotates with an overlap', async () => {
    const first = await json<Set>(ramal('callback-auth', 'set', 'demo', '--signing', '--json'));
    const next = await json<Set>(
      ramal('callback-auth', 'set', 'demo', '--signing', '--overlap', '1h', '--json'),
    );
    const keys = [next, first].map(({ signingSecret }) => toSigningKey(signingSecret));
    expect((await protectionOf('demo')).signingKeys).toEqual(keys);
    await ramal('callback-auth', 'set', 'demo', '--signing', '--overlap', '0s');
    expect((await protectionOf('demo')).signingKeys).toHaveLength(1);
    expect(await auditOf('secret.rotated')).not.toEqual([]);
  });

  test('set takes the secret and password of a CTI from files, and no weak ones', async () => {
    const secret = newSigningSecret();
    const file = async (name: string, text: string) => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    };
    const good = await file('secret', `${secret}\n`);
    const weak = await file('weak', 'curta');
    await json(ramal('callback-auth', 'set', 'demo', '--signing-secret-file', good, '--json'));
    expect((await protectionOf('demo')).signingKeys).toEqual([toSigningKey(secret)]);
    for (const argv of [
      ['--signing-secret-file', weak],
      ['--basic-user', 'pbx', '--basic-password-file', weak],
      ['--basic-password-file', good],
      ['--basic-user', 'a:b'],
      ['--networks', '10.0.0.0/99'],
      ['--networks', ''],
      [],
    ])
      expect([argv, (await ramal('callback-auth', 'set', 'demo', ...argv)).code]).toEqual([argv, 2]);
  });

  test('without the master key no signing secret is stored', async () => {
    const { code, stderr } = await db.ramal(
      ['callback-auth', 'set', 'demo', '--signing', '--lang', 'en'],
      {},
    );
    expect([code, stderr]).toEqual([1, expect.stringContaining('RAMAL_MASTER_KEY')]);
    expect((await protectionOf('demo')).signingKeys).toBeNull();
  });
});
