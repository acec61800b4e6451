import type { StreamEntry } from '@ramal/bus';
import { type CallEvent, callEvent, traceBatch } from '@ramal/contracts';
import type { StoredTrace } from '@ramal/store';
import type { z } from 'zod';

/** An entry of the stream, understood or given up. */
export type ParsedEntry =
  | { kind: 'event'; id: string; json: string; event: CallEvent }
  | { kind: 'traces'; id: string; json: string; tenant: string; traces: StoredTrace[] }
  | {
      kind: 'dead';
      id: string;
      json: string;
      reason: 'not_json' | 'not_an_event' | 'not_traces';
      detail: string;
    };

/** Reads an entry; what can't be read is told apart, never thrown, so that it can't hold up those behind it. */
export function parseEntry({ id, kind, json }: StreamEntry): ParsedEntry {
  let raw: unknown;
  try {
    raw = JSON.parse(json);
  } catch {
    return { kind: 'dead', id, json, reason: 'not_json', detail: 'the entry is not JSON' };
  }
  if (kind === 'event') {
    const parsed = callEvent.safeParse(raw);
    if (parsed.success) return { kind, id, json, event: parsed.data };
    return { kind: 'dead', id, json, reason: 'not_an_event', detail: toDetail(parsed.error) };
  }
  const parsed = traceBatch.safeParse(raw);
  if (!parsed.success)
    return { kind: 'dead', id, json, reason: 'not_traces', detail: toDetail(parsed.error) };
  const { tenant } = parsed.data;
  // The id holds the moment of writing, by the one clock that all processes share.
  const writtenMs = Number.parseInt(id, 10);
  const traces = parsed.data.traces.map(({ ageMs, ...trace }) => ({
    ...trace,
    tenant,
    atMs: Math.max(0, writtenMs - ageMs),
  }));
  return { kind, id, json, tenant, traces };
}

/** Paths and rules only: the values may be a caller's number (I8). */
function toDetail(error: z.ZodError): string {
  const issues = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return issues.join('; ').slice(0, 1000);
}
