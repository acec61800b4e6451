import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './bootstrap.mjs';

const HELP = `npm run rights: writes deploy/postgres/least-rights.sql and deploy/redis/users.acl from the tables of rights in
packages/store/src/rights/service-rights.ts and packages/bus/src/redis-rights.ts (run "npm run build" first).

  --write   write both files
  --check   write nothing; exit with 1 when one of them is not what it should be
  --help    this text
`;

/** What the container replaces by the passwords at its start. */
const PLACEHOLDERS = {
  default: '>@REDIS_PASSWORD@',
  'ws-gateway': '>@WS_GATEWAY_ROLE_PASSWORD@',
  dialer: '>@DIALER_ROLE_PASSWORD@',
  webhook: '>@WEBHOOK_ROLE_PASSWORD@',
  history: '>@HISTORY_ROLE_PASSWORD@',
  api: '>@API_ROLE_PASSWORD@',
};

async function main(args) {
  const [mode] = args;
  if (args.length !== 1 || (mode !== '--write' && mode !== '--check')) {
    process[mode === '--help' ? 'stdout' : 'stderr'].write(HELP);
    return mode === '--help' ? 0 : 2;
  }
  const { toRightsFile } = await import('../packages/store/dist/index.js');
  const { toAclFile } = await import('../packages/bus/dist/index.js');
  const wanted = [
    ['deploy/postgres/least-rights.sql', toRightsFile()],
    ['deploy/redis/users.acl', toAclFile(PLACEHOLDERS)],
  ];
  const read = (name) => (existsSync(join(ROOT, name)) ? readFileSync(join(ROOT, name), 'utf8') : '');
  const stale = wanted.filter(([name, text]) => read(name) !== text);
  if (mode === '--write') for (const [name, text] of stale) writeFileSync(join(ROOT, name), text);
  else if (stale.length > 0) {
    process.stderr.write(`${stale.map(([name]) => name).join(' and ')} out of date: run "npm run rights"\n`);
    return 1;
  }
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
