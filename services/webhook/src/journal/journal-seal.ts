import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Makes entries of the journal unreadable without the master key: they hold numbers (threat 4, LGPD). */
export interface JournalSeal {
  seal(plain: Buffer): Buffer;
  /** Null when it was sealed with a key that is not at hand. */
  open(sealed: Buffer): Buffer | null;
}

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PLAIN = 0;
const SEALED = 1;

/**
 * Not with the tenant's own key: that lies in PostgreSQL, and a callback must be journaled without it. What lives for
 * minutes needs no key of its own to be erased with.
 * @param masterKeys the newest first: it seals, all open. Null: entries are plain, as Redis' own file is.
 */
export function createJournalSeal(masterKeys: readonly Buffer[] | null): JournalSeal {
  const keys = (masterKeys ?? []).map((master) =>
    Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), 'ramal webhook journal', 32)),
  );
  const [newest] = keys;
  return {
    seal(plain) {
      if (newest === undefined) return Buffer.concat([Buffer.of(PLAIN), plain]);
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, newest, nonce);
      const body = [cipher.update(plain), cipher.final()];
      return Buffer.concat([Buffer.of(SEALED), nonce, ...body, cipher.getAuthTag()]);
    },
    open(sealed) {
      if (sealed[0] === PLAIN) return sealed.subarray(1);
      if (sealed[0] !== SEALED || sealed.length < 1 + NONCE_BYTES + TAG_BYTES) return null;
      for (const key of keys) {
        const plain = tryOpen(key, sealed);
        if (plain !== null) return plain;
      }
      return null;
    },
  };
}

function tryOpen(key: Buffer, sealed: Buffer): Buffer | null {
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    const body = sealed.subarray(1 + NONCE_BYTES, -TAG_BYTES);
    return Buffer.concat([decipher.update(body), decipher.final()]);
  } catch {
    // The library says no more than that it does not fit.
    return null;
  }
}
