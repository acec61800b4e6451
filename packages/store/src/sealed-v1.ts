import { decryptBytes } from './aes-gcm.ts';
import type { MasterKeys } from './master-keys.ts';

/** Where a company's secret of old was sealed for. */
export interface V1Place {
  empresaId: number;
  column: string;
}

const PREFIX = 'enc:v1:';

export function isSealedV1(stored: string): boolean {
  return stored.startsWith(PREFIX);
}

/**
 * What was sealed straight with a master key, before tenants had keys of their own. It does not say with which one, so all
 * are tried. Nothing is sealed like this any more.
 * @returns null when none of them opens it in this place
 */
export function openSealedV1(
  masterKeys: MasterKeys,
  sealed: string,
  { empresaId, column }: V1Place,
): string | null {
  const bytes = Buffer.from(sealed.slice(PREFIX.length), 'base64url');
  const bound = JSON.stringify([empresaId, column]);
  for (const { key } of masterKeys.all) {
    const plain = decryptBytes(key, bytes, bound);
    if (plain !== null) return plain.toString('utf8');
  }
  return null;
}
