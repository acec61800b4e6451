import type { Dialect } from './dialect.ts';
import { createLegacyDialect, isLegacyMessage } from './legacy-dialect.ts';
import { parseFrame } from './parse-frame.ts';

/** The dialect of the contracts, and of every client of ours. */
export const RAMAL_V1: Dialect = {
  firstMessage: 'auth',
  staysAfterLogout: false,
  parse: parseFrame,
  encode: (frame) => frame,
};

/** The dialect of a socket, told by its first message (R47). */
export function chooseDialect(firstMessage: string): Dialect {
  return isLegacyMessage(firstMessage) ? createLegacyDialect() : RAMAL_V1;
}
