import { ROLE_SERVICES, type RoleService, toRoleName } from '@ramal/contracts';
import pg from 'pg';
import { toSqlState } from '../data-error.ts';
import { toRightsSql } from './rights-sql.ts';

export type RolePasswords = Partial<Record<RoleService | 'owner', string>>;

/** Roles are the cluster's: two databases that set up the same one at once get in each other's way, and try again. */
const ATTEMPTS = 10;
const RETRY_MS = 100;

/**
 * Makes the services' roles on a migrated database, gives each the rights it needs and takes away all others (threat 12).
 * @param databaseUrl of somebody who may make roles and owns the tables
 * @param passwords of those roles whose password is to be set; the others keep theirs
 */
export async function grantRights(databaseUrl: string, passwords: RolePasswords): Promise<void> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'ramal-rights',
    connectionTimeoutMillis: 10_000,
    statement_timeout: 60_000,
    query_timeout: 65_000,
  });
  // A lost connection also rejects the running query; without a listener it would end the process first.
  client.on('error', () => undefined);
  await client.connect();
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        await grantOnce(client, passwords);
        return;
      } catch (error) {
        await client.query('rollback');
        if (attempt === ATTEMPTS || !isRace(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS * attempt * (0.5 + Math.random())));
      }
    }
  } finally {
    await client.end();
  }
}

async function grantOnce(client: pg.Client, passwords: RolePasswords): Promise<void> {
  await client.query('begin');
  for (const statement of toRightsSql()) await client.query(statement);
  for (const service of [...ROLE_SERVICES, 'owner'] as const) {
    const password = passwords[service];
    if (password === undefined) continue;
    await client.query(`alter role ${toRoleName(service)} password ${client.escapeLiteral(password)}`);
  }
  await client.query('commit');
}

/** XX000 is "tuple concurrently updated", 23505 a role that was made meanwhile; 40P01 and 40001 speak for themselves. */
function isRace(error: unknown): boolean {
  return ['XX000', '23505', '40P01', '40001'].includes(toSqlState(error) ?? '');
}
