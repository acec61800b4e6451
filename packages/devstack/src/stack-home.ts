import { chmod, mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's root: this file runs from packages/devstack/dist. */
export const REPO_ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** Where one stack keeps what outlives it. */
export interface StackHome {
  folder: string;
  redisDir: string;
  postgresDir: string;
  logsDir: string;
  /** Of all webhooks of the stack: one that dies leaves its own to the others. */
  webhookJournalDir: string;
  portsFile: string;
  secretsFile: string;
  lockFile: string;
  devFile: string;
}

/** `RAMAL_HOME`, or `.ramal` in the checkout. */
export function defaultHomeFolder(env: NodeJS.ProcessEnv = process.env): string {
  const given = env['RAMAL_HOME'];
  return given === undefined || given === '' ? join(REPO_ROOT, '.ramal') : resolve(given);
}

export function toStackHome(folder: string): StackHome {
  return {
    folder,
    redisDir: join(folder, 'redis'),
    postgresDir: join(folder, 'postgres'),
    logsDir: join(folder, 'logs'),
    webhookJournalDir: join(folder, 'webhook-journal'),
    portsFile: join(folder, 'ports.json'),
    secretsFile: join(folder, 'secrets.json'),
    lockFile: join(folder, 'lock'),
    devFile: join(folder, 'dev.json'),
  };
}

export async function openStackHome(folder: string): Promise<StackHome> {
  const home = toStackHome(resolve(folder));
  await mkdir(home.logsDir, { recursive: true });
  // PostgreSQL does not run as root: its own user must get through to its folder. The secrets' files stay private.
  if (process.getuid?.() === 0) await chmod(home.folder, (await stat(home.folder)).mode | 0o011);
  return home;
}
