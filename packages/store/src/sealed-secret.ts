import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { SealedSecretError } from './sealed-secret-error.ts';

/** Seals secrets for the place they are stored in: moved elsewhere they don't open (threat 3). */
export interface SecretSealer {
  seal(plain: string, place: SecretPlace): string;
  /** @throws SealedSecretError */
  open(sealed: string, place: SecretPlace): string;
}

interface SecretPlace {
  empresaId: number;
  column: string;
}

const PREFIX = 'enc:v1:';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const ALGORITHM = 'aes-256-gcm';

export function isSealed(stored: string): boolean {
  return stored.startsWith(PREFIX);
}

/** AES-256-GCM under one master key of 32 bytes; company and column are bound in. */
export function createSecretSealer(masterKey: Buffer): SecretSealer {
  const toAad = ({ empresaId, column }: SecretPlace) => Buffer.from(JSON.stringify([empresaId, column]));
  return {
    seal(plain, place) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, masterKey, iv).setAAD(toAad(place));
      const sealed = Buffer.concat([iv, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return PREFIX + sealed.toString('base64url');
    },
    open(sealed, place) {
      try {
        const bytes = Buffer.from(sealed.slice(PREFIX.length), 'base64url');
        const decipher = createDecipheriv(ALGORITHM, masterKey, bytes.subarray(0, IV_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(toAad(place)).setAuthTag(bytes.subarray(-TAG_BYTES));
        const body = bytes.subarray(IV_BYTES, -TAG_BYTES);
        return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
      } catch {
        throw new SealedSecretError(`of company ${place.empresaId}`, place.column, 'another key, or changed');
      }
    },
  };
}
