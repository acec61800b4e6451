import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  appendAudit,
  NetworkInvalidError,
  newSigningSecret,
  parseNetworks,
  rotateCallbackCredential,
  toSigningKey,
  writeCallbackNetworks,
} from '@ramal/store';
import { COMMON_OPTIONS } from '../callbacks/common-options.ts';
import { OVERLAP_OPTION, parseOverlap } from '../callbacks/duration.ts';
import { requireTenant, toOperator } from '../callbacks/require-tenant.ts';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { CATALOGS, fill } from '../locale/catalog.ts';
import { chooseLanguage } from '../locale/choose-language.ts';
import { parseTenant, withDirectory } from '../open-directory.ts';
import { writeJson } from '../terminal-text.ts';
import { CommandFailedError, UsageError } from '../usage-error.ts';

const BASIC_USER = /^[^\p{Cc}:]{1,100}$/u;
const LEAST_PASSWORD = 12;

/** Adds to what a tenant's callbacks must carry, or rotates it (threat 5). */
export const callbackAuthSet = createCommand({
  name: 'callback-auth set',
  summary: 'ask more of a tenant’s callbacks: a signature, HTTP Basic, networks; or rotate a secret',
  description: `Each option adds one demand, and they all hold together. A new secret or password is shown this once; those of its
kind that were there end after --overlap, so that the CTI can be changed meanwhile. --networks replaces the list.
Takes effect within two seconds. Signing secrets are stored encrypted and need RAMAL_MASTER_KEY.`,
  arguments: ['tenant'],
  options: {
    signing: { type: 'boolean', help: 'demand a signature by Standard Webhooks, with a new secret' },
    'signing-secret-file': {
      type: 'string',
      placeholder: 'FILE',
      help: 'as --signing, with the secret that the file holds (whsec_…)',
    },
    'basic-user': {
      type: 'string',
      placeholder: 'NAME',
      help: 'demand HTTP Basic of this user, with a new password',
    },
    'basic-password-file': {
      type: 'string',
      placeholder: 'FILE',
      help: 'with --basic-user: the password that the file holds',
    },
    networks: {
      type: 'string',
      placeholder: 'LIST',
      help: 'take callbacks from these networks alone: CIDR, IPv4 and IPv6, separated by commas',
    },
    overlap: OVERLAP_OPTION,
    ...COMMON_OPTIONS,
  },
  async run(input) {
    const { options, print, process } = input;
    const tenant = parseTenant(input.arguments[0]);
    const catalog = CATALOGS[chooseLanguage(process.env, options.lang)];
    const overlapSec = parseOverlap(options.overlap);
    const networks = options.networks === undefined ? null : parseNetworkList(options.networks);
    const signing = await findSigningSecret(options, process.cwd);
    const basic = await findLogin(options, process.cwd);
    if (networks === null && signing === null && basic === null) {
      throw new UsageError(
        'ramal callback-auth set: say what to demand: --signing, --basic-user or --networks.',
      );
    }
    await withDirectory(input, options['database-url'], async ({ store, secrets }) => {
      await requireTenant(store, catalog, tenant);
      if (signing !== null && secrets === null)
        throw new CommandFailedError(catalog.callbacks.masterKeyNeeded);
      const audit = { tenant, actor: toOperator(process.env) };
      await store.withTransaction(async (transaction) => {
        for (const credential of [signing, basic]) {
          if (credential === null) continue;
          const made = { ...credential, tenant, overlapSec };
          await rotateCallbackCredential(transaction, secrets, made);
          const subject = `callback ${credential.kind}`;
          await appendAudit(transaction, {
            ...audit,
            action: 'secret.rotated',
            subject,
            detail: { overlapSec },
          });
        }
        if (networks !== null) await writeCallbackNetworks(transaction, tenant, networks);
      });
    });
    const shown = {
      tenant,
      ...(signing === null ? {} : { signingSecret: signing.secret }),
      ...(basic === null ? {} : { basic: { user: basic.user, password: basic.secret } }),
      ...(networks === null ? {} : { networks }),
    };
    if (options.json === true) writeJson(print, shown);
    else {
      const { secretShown, passwordShown, networksOnly } = catalog.callbacks;
      if (signing !== null) print(fill(secretShown, { secret: signing.secret }));
      if (basic !== null) print(fill(passwordShown, { user: basic.user, password: basic.secret }));
      if (networks !== null) print(fill(networksOnly, { networks: networks.join(', ') }));
    }
    return EXIT.ok;
  },
});

function parseNetworkList(text: string): string[] {
  const networks = text.split(',').map((one) => one.trim());
  try {
    parseNetworks(networks);
  } catch (error) {
    if (error instanceof NetworkInvalidError) throw new UsageError(`--networks: ${error.message}.`);
    throw error;
  }
  return networks;
}

async function findSigningSecret(
  options: { signing?: boolean | undefined; 'signing-secret-file'?: string | undefined },
  cwd: string,
): Promise<{ kind: 'signing'; secret: string } | null> {
  const file = options['signing-secret-file'];
  if (file === undefined)
    return options.signing === true ? { kind: 'signing', secret: newSigningSecret() } : null;
  const secret = await readSecretFile(file, cwd);
  if (toSigningKey(secret) === null) {
    throw new UsageError('--signing-secret-file: the file holds no secret of Standard Webhooks (whsec_…).');
  }
  return { kind: 'signing', secret };
}

async function findLogin(
  options: { 'basic-user'?: string | undefined; 'basic-password-file'?: string | undefined },
  cwd: string,
): Promise<{ kind: 'basic'; user: string; secret: string } | null> {
  const { 'basic-user': user, 'basic-password-file': file } = options;
  if (user === undefined) {
    if (file !== undefined) throw new UsageError('--basic-password-file goes with --basic-user.');
    return null;
  }
  if (!BASIC_USER.test(user)) throw new UsageError('--basic-user: 1 to 100 characters, no colon.');
  if (file === undefined) return { kind: 'basic', user, secret: randomBytes(24).toString('base64url') };
  const secret = await readSecretFile(file, cwd);
  if (secret.length < LEAST_PASSWORD) {
    throw new UsageError(`--basic-password-file: a password has at least ${LEAST_PASSWORD} characters.`);
  }
  return { kind: 'basic', user, secret };
}

/** From a file, never from the command line: that is for everybody on the machine to read. */
async function readSecretFile(file: string, cwd: string): Promise<string> {
  return (await readFile(resolve(cwd, file), 'utf8')).trim();
}
