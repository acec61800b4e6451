import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));

/** The tables that our migrations make, by name, without the monthly ones: a CRM's database may hold others too. */
export function listMigratedTables(): string[] {
  const made = readdirSync(MIGRATIONS)
    .filter((file) => file.endsWith('.sql'))
    .flatMap((file) => {
      const sql = readFileSync(`${MIGRATIONS}/${file}`, 'utf8').replace(/--.*$/gm, '');
      return [...sql.matchAll(/^create table (?:if not exists )?(\w+) \(/gm)].map(([, name = '']) => name);
    });
  return [...new Set(['ramal_migrations', ...made])].sort();
}
