import { describe, expect, test } from 'vitest';
import {
  listSources,
  listStatements,
  listTenantTables,
  type Statement,
  toTableReference,
} from './find-statements.ts';

/**
 * Statements that name no tenant, each with why that is right. One that is not here fails the test, and so does a line
 * here that nothing matches any more.
 */
const EXPLAINED: readonly { file: string; begins: string; why: string }[] = [
  {
    file: 'packages/store/src/tenant-directory.ts',
    begins: 'select empresa_id::int as "empresaId"',
    why: 'the beginning of two: one goes on with "where tenant = $1", one tells history which databases there are',
  },
  {
    file: 'packages/store/src/cti-rows.ts',
    begins: 'select * from ${table} limit 2',
    why: "a tenant's own database, whose one row does not say whose it is (R13)",
  },
  {
    file: 'packages/store/src/api-keys.ts',
    begins: 'select key_id as "keyId", name, tenant, role, rights, (last_used_at',
    why: 'the tenant follows from the credential: 256 random bits, by their hash',
  },
  {
    file: 'packages/store/src/api-keys.ts',
    begins: 'update api_keys set last_used_at = now()',
    why: 'notes when the key was used that has just been found by its hash',
  },
  {
    file: 'packages/store/src/access-snapshot.ts',
    begins: 'select (select coalesce(jsonb_agg(jsonb_build_object(',
    why: 'what lets agents in is kept in memory as a whole, by tenant; a key opens for its own tenant alone',
  },
  {
    file: 'packages/store/src/callback-tokens.ts',
    begins: 'select tenant, ${ENDS_IN_MS} as "endsInMs" from callback_tokens where token_hash',
    why: 'the tenant follows from the credential: 256 random bits, by their hash',
  },
  {
    file: 'packages/store/src/callback-tokens.ts',
    begins: `select encode(token_hash, 'hex') as hash`,
    why: 'the webhook keeps the hashes of all that count in memory; each leads to its own tenant',
  },
  {
    file: 'packages/store/src/calls-query.ts',
    begins: 'select * from calls where ${where}',
    why: 'its conditions begin with the tenant, which the filter can’t leave out: see the test below',
  },
  {
    file: 'packages/store/src/open-calls-query.ts',
    begins: 'select tenant, call_id as "callId"',
    why: 'history looks for calls without an end of all tenants, and tells nobody',
  },
  {
    file: 'packages/store/src/call-rows.ts',
    begins: 'select call_id, tenant, far_end_erased_at',
    why: 'a batch across tenants: the tenant of each row is compared with its events right after (toMismatch)',
  },
  {
    file: 'packages/store/src/late-events.ts',
    begins: 'select call_id, event from call_events',
    why: 'calls whose tenant was compared under lock in the same transaction',
  },
  {
    file: 'packages/store/src/expired-months.ts',
    begins: 'with recursive found as (',
    why: 'which tenants have calls in a month: it may be dropped only when all of them are done with it',
  },
  {
    file: 'packages/store/src/call-rows.ts',
    begins: 'select call_id, event from call_events',
    why: 'calls whose tenant was compared under lock in the same transaction',
  },
  {
    file: 'packages/store/src/call-rows.ts',
    begins: 'delete from calls where started_at',
    why: 'calls whose tenant was compared under lock in the same transaction',
  },
  {
    file: 'packages/store/src/call-rows.ts',
    begins: 'update calls c set ${VIEW_NAMES',
    why: 'calls whose tenant was compared under lock in the same transaction',
  },
  ...[
    'select l.id, ${CONTENT} as content from audit_log l where l.id >',
    'select count(*) as unsealed from audit_log l',
    'select s.seq, s.audit_id, s.key_id, s.hash',
  ].map((begins) => ({
    file: 'packages/store/src/audit-chain.ts',
    begins,
    why: 'one chain goes over the log of all tenants; what it reads becomes hashes and counts',
  })),
  {
    file: 'packages/store/src/rotate-keys.ts',
    begins: 'select tenant from wl_chamados_empresa where tenant is not null',
    why: 'an administrator’s tool goes through all tenants, one after the other',
  },
  {
    file: 'services/api/src/demo-routes.ts',
    begins: 'select a.tenant, e.nome as company',
    why: 'demonstrations alone (API_DEMO): the page offers the agents of all tenants',
  },
];

const TABLES = listTenantTables();
const sources = listSources();
const statements = sources.flatMap(listStatements);
const touching = statements.filter(({ text }) => toTableReference(TABLES).test(text));

/** A row is written with whose it is, or found by it. */
function namesTenant(text: string): boolean {
  if (/^insert into\s/i.test(text))
    return /^insert into \S+ (?:as \w+ )?\([^)]*\b(tenant|empresa_id)\b/i.test(text);
  return /\b(tenant|empresa_id)\s*(=|is not distinct from)\s*(any\s*\(\s*)?\$\d/i.test(text);
}
const isExplained = ({ file, text }: Statement) =>
  EXPLAINED.some((one) => one.file === file && text.startsWith(one.begins));

describe('I6 every statement that touches rows of several tenants', () => {
  test('is found: the migrations’ tables, and the statements that name them', () => {
    expect(TABLES).toEqual(
      expect.arrayContaining(['agents', 'calls', 'call_events', 'wl_chamados_empresa', 'tenant_keys']),
    );
    expect(touching.length).toBeGreaterThan(25);
  });

  test('names the tenant, or is explained', () => {
    const lacking = touching.filter((one) => !namesTenant(one.text) && !isExplained(one));
    expect(lacking.map(({ file, text }) => `${file}: ${text.slice(0, 120)}`)).toEqual([]);
  });

  test('stands in one literal from its first word on, where this test can read it', () => {
    for (const { file, source } of sources) {
      // What a sentence for people says of a table is no statement.
      if (file.startsWith('packages/cli/')) continue;
      const read = listStatements({ file, source }).map(({ text }) => text);
      const found = read.flatMap((text) => text.match(toTableReference(TABLES)) ?? []).length;
      const all = (source.match(toTableReference(TABLES)) ?? []).filter(
        (hit) => !/^from\s+\$\{/i.test(hit),
      ).length;
      const variable = read.flatMap((text) => text.match(/\bfrom\s+\$\{/gi) ?? []).length;
      expect([file, found - variable]).toEqual([file, all]);
    }
  });

  test('is explained only where it is needed', () => {
    for (const one of EXPLAINED) {
      const matching = touching.filter(({ file, text }) => file === one.file && text.startsWith(one.begins));
      expect([one.begins, matching.length]).toEqual([one.begins, 1]);
      expect([one.begins, matching.some(({ text }) => namesTenant(text))]).toEqual([one.begins, false]);
    }
  });

  test('fails this test when its tenant is left out', () => {
    for (const text of [
      'select senha from agents where user_name = $1',
      'update agents set senha = $1 where user_name = $2 returning tenant',
      'delete from calls where call_id = $1',
      'insert into agents (user_name) values ($1)',
      'select c.* from calls c join agents a on a.tenant = c.tenant where c.ramal = $1',
      'select * from ${table} where user_name = $1',
    ]) {
      expect([text, toTableReference(TABLES).test(text), namesTenant(text)]).toEqual([text, true, false]);
    }
  });
});
