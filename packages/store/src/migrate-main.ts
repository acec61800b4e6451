import { migrate } from './migrate.ts';
import { grantRights } from './rights/grant-rights.ts';
import { readRolePasswords } from './rights/role-passwords.ts';

const HELP = `node packages/store/dist/migrate-main.js: brings the database up to date.

Applies what is missing of packages/store/migrations, in one transaction, and prints the name of each migration
it applied. Safe to run at any time and from several places at once: they wait for each other.

  --grant        makes the services' roles afterwards too, with the rights each needs and no more, and sets the
                 passwords of WS_GATEWAY_ROLE_PASSWORD, DIALER_ROLE_PASSWORD, WEBHOOK_ROLE_PASSWORD,
                 HISTORY_ROLE_PASSWORD, API_ROLE_PASSWORD and OWNER_ROLE_PASSWORD
  DATABASE_URL   postgres://user:password@host:port/database, a direct connection and no transaction pooler
  --help         this text

Exits with 0 when the database is up to date, 1 when it could not be reached or a migration failed, and 2 when
it was called wrongly.
`;

async function main(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const databaseUrl = env['DATABASE_URL'];
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  const unknown = args.find((arg) => arg !== '--grant');
  if (unknown !== undefined) {
    process.stderr.write(`unknown option ${unknown}\n\n${HELP}`);
    return 2;
  }
  if (databaseUrl === undefined || !/^postgres(ql)?:\/\//.test(databaseUrl)) {
    process.stderr.write(`DATABASE_URL is missing or is no postgres:// address\n\n${HELP}`);
    return 2;
  }
  const applied = await migrate(databaseUrl);
  for (const name of applied) process.stdout.write(`applied ${name}\n`);
  process.stdout.write(`the database is up to date (${applied.length} applied)\n`);
  if (args.includes('--grant')) {
    await grantRights(databaseUrl, readRolePasswords(env));
    process.stdout.write('the roles have their rights\n');
  }
  return 0;
}

/** An address that resolves to several fails with one error for each and no message of its own. */
function toMessage(error: unknown): string {
  const [first = error] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  return first instanceof Error ? first.message : String(first);
}

try {
  process.exitCode = await main(process.argv.slice(2), process.env);
} catch (error) {
  process.stderr.write(`migrate: ${toMessage(error)}\n`);
  process.exitCode = 1;
}
