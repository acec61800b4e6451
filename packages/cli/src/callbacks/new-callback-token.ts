import { randomBytes } from 'node:crypto';
import { hashSecret, toTokenId } from '@ramal/store';

/** A new callback token, 256 random bits; only its hash is ever stored (threat 5). */
export function newCallbackToken(): { token: string; tokenHash: Buffer; tokenId: string } {
  const token = `cb_${randomBytes(32).toString('base64url')}`;
  const tokenHash = hashSecret(token);
  return { token, tokenHash, tokenId: toTokenId(tokenHash) };
}
