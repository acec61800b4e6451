import { migrate } from '@ramal/store';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { DATABASE_URL_OPTION, findDatabaseUrl, maskDatabaseUrl } from '../database-url.ts';

export const migrateDatabase = createCommand({
  name: 'migrate',
  summary: 'bring the database up to date',
  description: `Applies the migrations that are missing, in one transaction, and prints the name of each. Safe to run
at any time and from several places at once: they wait for each other. Needs a direct connection, not a
pooler in transaction mode.`,
  arguments: [],
  options: { 'database-url': DATABASE_URL_OPTION },
  async run({ process, options, print, note }) {
    const { databaseUrl, from } = await findDatabaseUrl(process, options['database-url']);
    note(`database: ${maskDatabaseUrl(databaseUrl)} (from ${from})`);
    const applied = await migrate(databaseUrl);
    for (const name of applied) print(`applied ${name}`);
    print(`the database is up to date (${applied.length} applied)`);
    return EXIT.ok;
  },
});
