import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { createMetrics } from './metrics.ts';
import { masterKeyEnv, readMasterKeys } from './master-key-env.ts';
import { createLogger } from './logger.ts';
import { ConfigInvalidError, parseEnv } from './parse-env.ts';
import { warnWithoutMasterKey } from './warn-without-master-key.ts';

const schema = z.object(masterKeyEnv);
const read = async (env: Record<string, string>) => readMasterKeys(parseEnv(schema, env));
const [one, two, three] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const text = (key: Buffer) => key.toString('base64');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramal-key-'));
});
afterAll(() => rm(folder, { recursive: true }));
const fileOf = async (name: string, content: string) => {
  const file = join(folder, name);
  await writeFile(file, content);
  return file;
};

test('the master key comes from the environment, the newest first', async () => {
  expect(await read({})).toBeNull();
  expect(await read({ RAMAL_MASTER_KEY: text(one) })).toEqual([one]);
  const old = `${text(two)}, ${text(three)}`;
  expect(await read({ RAMAL_MASTER_KEY: text(one), RAMAL_MASTER_KEYS_OLD: old })).toEqual([one, two, three]);
});

test('the master key comes from a file, as secrets are mounted; its further lines are older keys', async () => {
  const file = await fileOf('key', `${text(one)}\n${text(two)}\n`);
  expect(await read({ RAMAL_MASTER_KEY_FILE: file })).toEqual([one, two]);
  const bare = await fileOf('bare', text(one));
  expect(await read({ RAMAL_MASTER_KEY_FILE: bare, RAMAL_MASTER_KEYS_OLD: text(three) })).toEqual([
    one,
    three,
  ]);
});

test('what is no key, or is said twice, stops the start without being repeated', async () => {
  const canary = 'canary-that-is-no-key';
  const attempts: Record<string, string>[] = [
    { RAMAL_MASTER_KEY: canary },
    { RAMAL_MASTER_KEY: text(one), RAMAL_MASTER_KEYS_OLD: `${text(two)},${canary}` },
    { RAMAL_MASTER_KEYS_OLD: text(two) },
    { RAMAL_MASTER_KEY: text(one), RAMAL_MASTER_KEY_FILE: await fileOf('both', text(one)) },
    { RAMAL_MASTER_KEY_FILE: await fileOf('wrong', `${text(one)}\n${canary}`) },
    { RAMAL_MASTER_KEY_FILE: await fileOf('empty', '') },
    { RAMAL_MASTER_KEY_FILE: join(folder, 'nowhere') },
  ];
  for (const env of attempts) {
    const error: unknown = await read(env).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigInvalidError);
    expect(String(error)).toContain('RAMAL_MASTER_KEY');
    expect(String(error)).not.toContain(canary);
    expect(String(error)).not.toContain(text(one));
  }
});

test('a process without a master key says so in its log and its metrics, and one with a key does not', async () => {
  const warned: string[] = [];
  const logger = {
    ...createLogger('test', 'silent'),
    warn: (_: object, message: string) => void warned.push(message),
  };
  const measured = async (keys: Buffer[] | null) => {
    const metrics = createMetrics('test');
    warnWithoutMasterKey(keys, { logger: logger as never, metrics });
    return /ramal_master_key_missing\{.*\} (\d)/.exec(await metrics.render())?.[1];
  };
  expect(await measured([one])).toBe('0');
  expect(warned).toEqual([]);
  expect(await measured(null)).toBe('1');
  expect(warned).toEqual([expect.stringContaining('NO MASTER KEY')]);
});
