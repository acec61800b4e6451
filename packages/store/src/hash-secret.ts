import { createHash } from 'node:crypto';

/** SHA-256, the only form in which API keys and callback tokens are stored. Meant for random secrets, not passwords. */
export function hashSecret(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
