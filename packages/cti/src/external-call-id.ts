import { toCleanText } from './callback-text.ts';

/**
 * A CTI's own id of a call, in a callback as in the answer to a dial. Cut ids could make two calls one, so an id that is
 * too long is as good as none: numbers match the call then.
 */
export function toExternalCallId(value: string): string | undefined {
  const id = toCleanText(value, 201);
  return id !== undefined && id.length <= 200 ? id : undefined;
}
