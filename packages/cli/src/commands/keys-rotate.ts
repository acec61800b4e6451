import {
  appendAudit,
  listTenantsWithSecrets,
  rewrapTenantKeys,
  rotateTenantKey,
  type Store,
} from '@ramal/store';
import { type ExitCode, EXIT } from '../cli-process.ts';
import { type CommandInput, createCommand, type OptionSpecs } from '../command.ts';
import { DATABASE_URL_OPTION } from '../database-url.ts';
import { type Directory, parseTenant, withDirectory } from '../open-directory.ts';
import { UsageError, CommandFailedError } from '../usage-error.ts';

const OPTIONS = {
  tenant: { type: 'string', placeholder: 'NAME', help: 'of this tenant alone; default all' },
  master: { type: 'boolean', help: "wrap the tenants' keys by the newest master key; they stay the same" },
  since: {
    type: 'string',
    placeholder: 'TIME',
    help: 'go on with a rotation that was begun then: who has a newer key gets no other one',
  },
  'database-url': DATABASE_URL_OPTION,
} as const satisfies OptionSpecs;

/** What one tenant came to: a line for people, and what did not open. */
interface Step {
  line: string;
  changed: boolean;
  failures: readonly Error[];
  /** For the audit log. */
  detail: object;
}

/** Threat 3: keys that can be changed. */
export const keysRotate = createCommand({
  name: 'keys rotate',
  summary: 'give tenants new keys, or wrap their keys by a new master key',
  description: `Makes a new key for each tenant and seals all its secrets with it, in batches, beside running services.
With --master the tenants' keys stay and are wrapped by the newest master key (RAMAL_MASTER_KEY), while the
older ones (RAMAL_MASTER_KEYS_OLD) are still at hand. Either may be run again at any time: it goes on where
it was left. Secrets that do not open are listed by tenant and field, stay as they are, and make the exit
code 1.`,
  arguments: [],
  options: OPTIONS,
  async run(input) {
    const { options } = input;
    const tenant = options.tenant === undefined ? null : parseTenant(options.tenant);
    if (options.master === true && options.since !== undefined)
      throw new UsageError('--since goes without --master, which needs none.');
    if (options.since !== undefined && Number.isNaN(Date.parse(options.since)))
      throw new UsageError('--since takes a moment such as 2026-03-01T12:00:00Z.');
    return withDirectory(input, options['database-url'], (directory) =>
      rotateAll(input, directory, tenant, options.since),
    );
  },
});

async function rotateAll(
  { print, note, options, process }: CommandInput<typeof OPTIONS>,
  directory: Directory,
  only: string | null,
  since: string | undefined,
): Promise<ExitCode> {
  const { store } = directory;
  const known = await listTenantsWithSecrets(store);
  if (only !== null && !known.includes(only))
    throw new CommandFailedError(`ramal: there is no tenant ${only} with secrets.`);
  const tenants = only === null ? known : [only];
  const begun = since ?? (await readClock(store));
  if (options.master !== true) note(`begun ${begun}; after an interruption go on with --since ${begun}`);
  const step =
    options.master === true ? rewrapOne : (one: Directory, name: string) => rotateOne(one, name, begun);
  let failures = 0;
  for (const [index, tenant] of tenants.entries()) {
    const { line, changed, detail, failures: unread } = await step(directory, tenant);
    if (changed) {
      const actor = `operator ${process.env['USER'] ?? 'unknown'}`;
      await appendAudit(store, { tenant, actor, action: 'secret.rotated', subject: null, detail });
    }
    print(`[${index + 1}/${tenants.length}] ${tenant}: ${line}`);
    for (const { message } of unread) note(`ramal: ${message}`);
    failures += unread.length;
  }
  if (failures > 0) note(`ramal: ${failures} secrets or keys did not open and stay as they are.`);
  return failures > 0 ? EXIT.problem : EXIT.ok;
}

async function rotateOne(directory: Directory, tenant: string, since: string): Promise<Step> {
  const { store } = directory;
  const { sealed, failures, version, newKey } = await rotateTenantKey(
    store,
    keysOf(directory),
    tenant,
    since,
  );
  const key = version === null ? 'no secrets' : newKey ? `new key ${version}` : `key ${version}`;
  return {
    line: `${key}, ${sealed} sealed`,
    changed: newKey || sealed > 0,
    failures,
    detail: { version, sealed },
  };
}

async function rewrapOne(directory: Directory, tenant: string): Promise<Step> {
  const { store } = directory;
  const { wrapped, sealed, failures } = await rewrapTenantKeys(store, keysOf(directory), tenant);
  return {
    line: `${wrapped} keys wrapped, ${sealed} sealed`,
    changed: wrapped + sealed > 0,
    failures,
    detail: { master: keysOf(directory).newest.id, wrapped, sealed },
  };
}

/** @throws CommandFailedError without a master key */
function keysOf({ masterKeys }: Directory) {
  if (masterKeys !== null) return masterKeys;
  throw new CommandFailedError(
    'ramal: set RAMAL_MASTER_KEY or RAMAL_MASTER_KEY_FILE: there is nothing to seal with.',
  );
}

/** The database's, which also dates the keys. */
async function readClock(store: Store): Promise<string> {
  const { rows } = await store.query<{ now: Date }>('select now() as now');
  return (rows[0]?.now ?? new Date()).toISOString();
}
