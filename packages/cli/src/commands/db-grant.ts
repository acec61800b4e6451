import { grantRights, readRolePasswords, toRightsFile } from '@ramal/store';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { DATABASE_URL_OPTION, findDatabaseUrl, maskDatabaseUrl } from '../database-url.ts';

/** Threat 12: a role for each service. */
export const dbGrant = createCommand({
  name: 'db grant',
  summary: 'make the roles of the services, with the rights each needs and no more',
  description: `Makes a PostgreSQL role for each service and one that owns the tables, gives each what it needs and takes
away what is more, in one transaction. Run it after each "ramal migrate", as an administrator who may make
roles and owns the tables. Passwords are taken from WS_GATEWAY_ROLE_PASSWORD, DIALER_ROLE_PASSWORD,
WEBHOOK_ROLE_PASSWORD, HISTORY_ROLE_PASSWORD, API_ROLE_PASSWORD and OWNER_ROLE_PASSWORD; a role whose
variable is not set keeps its password. With --sql nothing is done: the statements are printed.`,
  arguments: [],
  options: {
    sql: { type: 'boolean', help: 'print the statements, without passwords, and do nothing' },
    'database-url': DATABASE_URL_OPTION,
  },
  async run({ process, options, print, note }) {
    if (options.sql === true) {
      for (const line of toRightsFile().trimEnd().split('\n')) print(line);
      return EXIT.ok;
    }
    const { databaseUrl, from } = await findDatabaseUrl(process, options['database-url']);
    note(`database: ${maskDatabaseUrl(databaseUrl)} (from ${from})`);
    const passwords = readRolePasswords(process.env);
    await grantRights(databaseUrl, passwords);
    print(`the roles have their rights (${Object.keys(passwords).length} passwords set)`);
    return EXIT.ok;
  },
});
