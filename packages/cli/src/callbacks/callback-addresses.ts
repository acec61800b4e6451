import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CliProcess } from '../cli-process.ts';
import { UsageError } from '../usage-error.ts';

const KINDS = ['incoming', 'answered', 'ended', 'recording'] as const;
/** What stands in the addresses where nobody has said how the internet reaches the webhook. */
const UNKNOWN_BASE = 'https://YOUR-WEBHOOK';

export const WEBHOOK_URL_OPTION = {
  type: 'string',
  placeholder: 'URL',
  help: 'how the CTI reaches the webhook; default WEBHOOK_PUBLIC_URL, else that of a running "npm start"',
} as const;

/** The addresses to give to a CTI, by what they tell; the token is in them. */
export async function toCallbackAddresses(
  process: Pick<CliProcess, 'env' | 'cwd'>,
  option: string | undefined,
  token: string,
): Promise<Record<(typeof KINDS)[number], string>> {
  const base = await findBase(process, option);
  const [incoming, answered, ended, recording] = KINDS.map((kind) => `${base}/v1/cti/${token}/${kind}`);
  if (!incoming || !answered || !ended || !recording) throw new TypeError('four kinds have four addresses');
  return { incoming, answered, ended, recording };
}

async function findBase({ env, cwd }: Pick<CliProcess, 'env' | 'cwd'>, option: string | undefined) {
  const given = option ?? (env['WEBHOOK_PUBLIC_URL'] === '' ? undefined : env['WEBHOOK_PUBLIC_URL']);
  if (given !== undefined && !/^https?:\/\/[^\s?#]+$/.test(given)) {
    throw new UsageError('--webhook-url is an address such as https://callbacks.example.com');
  }
  return (given ?? (await readDevUrl(join(cwd, '.ramal', 'dev.json'))) ?? UNKNOWN_BASE).replace(/\/+$/, '');
}

async function readDevUrl(file: string): Promise<string | undefined> {
  try {
    const url = (JSON.parse(await readFile(file, 'utf8')) as { webhookUrl?: unknown } | null)?.webhookUrl;
    return typeof url === 'string' ? url : undefined;
  } catch {
    // No stack runs here.
    return undefined;
  }
}
