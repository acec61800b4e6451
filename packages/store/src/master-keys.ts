import { createHash } from 'node:crypto';
import { KEY_BYTES } from './aes-gcm.ts';

/** One master key, and the name by which the database tells which one wrapped what. */
export interface MasterKey {
  /** 16 hex digits of a hash: tells keys apart and says nothing about them. */
  id: string;
  /** 32 bytes. Secret. */
  key: Buffer;
}

/** The master keys of a process: the first one seals, all of them open. */
export interface MasterKeys {
  newest: MasterKey;
  all: readonly MasterKey[];
  find(id: string): MasterKey | undefined;
}

/**
 * @param keys 32 bytes each, the newest first
 * @throws RangeError for a key of another length, or none at all
 */
export function createMasterKeys(keys: readonly Buffer[]): MasterKeys {
  const all = keys.map((key): MasterKey => {
    if (key.length !== KEY_BYTES) throw new RangeError(`a master key has ${KEY_BYTES} bytes`);
    return { id: toId(key), key };
  });
  const [newest] = all;
  if (newest === undefined) throw new RangeError('no master key');
  return { newest, all, find: (id) => all.find((one) => one.id === id) };
}

function toId(key: Buffer): string {
  return createHash('sha256').update('ramal master key').update(key).digest('hex').slice(0, 16);
}
