import type { StreamEntry } from '@ramal/bus';
import { type CallEvent, callEvent } from '@ramal/contracts';

/** An entry of the stream, understood or given up. */
export type ParsedEntry =
  | { kind: 'event'; id: string; json: string; event: CallEvent }
  | { kind: 'dead'; id: string; json: string; reason: 'not_json' | 'not_an_event'; detail: string };

/** Reads an entry; what is no event is told apart, never thrown, so that it can't hold up those behind it. */
export function parseEntry({ id, json }: StreamEntry): ParsedEntry {
  let raw: unknown;
  try {
    raw = JSON.parse(json);
  } catch {
    return { kind: 'dead', id, json, reason: 'not_json', detail: 'the entry is not JSON' };
  }
  const parsed = callEvent.safeParse(raw);
  if (parsed.success) return { kind: 'event', id, json, event: parsed.data };
  // Paths and rules only: the values may be a caller's number.
  const detail = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  return { kind: 'dead', id, json, reason: 'not_an_event', detail: detail.slice(0, 1000) };
}
