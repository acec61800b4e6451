import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliDatabase, openCliDatabase } from '../../test/open-cli-database.ts';

let db: CliDatabase;
beforeAll(async () => {
  db = await openCliDatabase();
});
afterAll(() => db.drop());

test('db grant makes the roles and prints no password', async () => {
  const canary = 'canary-of-the-owner';
  const run = await db.ramal(['db', 'grant'], { OWNER_ROLE_PASSWORD: canary });
  expect(run).toMatchObject({ code: 0, stdout: 'the roles have their rights (1 passwords set)\n' });
  expect(run.stdout + run.stderr).not.toContain(canary);
  const { rows } = await db.store.query<{ may: boolean }>(
    `select has_column_privilege('ramal_dialer', 'agents', 'senha', 'select')
        and not has_column_privilege('ramal_webhook', 'agents', 'senha', 'select') as may`,
  );
  expect(rows).toEqual([{ may: true }]);
  const owner = new URL(db.databaseUrl);
  owner.username = 'ramal_owner';
  owner.password = canary;
  const migrated = await db.ramal(['migrate', '--database-url', owner.href]);
  expect(migrated).toMatchObject({ code: 0, stdout: 'the database is up to date (0 applied)\n' });
});

test('db grant --sql prints what it would do', async () => {
  const { code, stdout } = await db.ramal(['db', 'grant', '--sql']);
  expect(code).toBe(0);
  expect(stdout).toContain('grant select on callback_tokens to ramal_webhook;');
  expect(stdout).not.toMatch(/password '/);
});
