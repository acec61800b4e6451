import { hash } from 'node:crypto';
import { toUuidV8 } from '@ramal/contracts';

/** An id that follows from its parts: the same parts, in any process at any time, give the same id. */
export function toStableId(...parts: readonly (string | number | null)[]): string {
  return toUuidV8(hash('sha256', JSON.stringify(parts)));
}
