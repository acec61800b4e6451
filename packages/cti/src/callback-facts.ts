import { callId, type CallResult } from '@ramal/contracts';
import { toCallResult } from './call-status.ts';
import { toCleanText, toRecording } from './callback-text.ts';
import { toCtiTimeMs, toDurationSec } from './callback-time.ts';
import { toExternalCallId } from './external-call-id.ts';
import { toPartyNumber } from './party-number.ts';
import type { CallbackMapping } from './read-cti-row.ts';

/** What a callback says, in our terms and within the contract's lengths; what it doesn't say is absent. */
export interface CallbackFacts {
  /** Who calls. */
  origin?: string;
  /** Who is called. */
  destination?: string;
  /** URL or path of the recording (R28). */
  recording?: string;
  externalCallId?: string;
  /** Our own call id, sent back. */
  ourCallId?: string;
  result?: CallResult;
  durationSec?: number;
  /** The CTI's own time of the event, ms since the epoch. */
  ctiAtMs?: number;
  /** A status that the tenant's map doesn't know: something to configure. */
  unknownStatus?: string;
  /** Names of variables nobody asked for, at most 20, to be logged. */
  unknownNames: string[];
}

const MAX_UNKNOWN_NAMES = 20;

/**
 * Reads a callback's variables by the tenant's names (R26-R28). A name is looked for as it is written, then in any
 * case; of several the first one with a value counts. Never throws, and never uses a foreign name as a key (threat 10).
 */
export function toCallbackFacts(
  mapping: CallbackMapping,
  variables: Iterable<readonly [string, string]>,
): CallbackFacts {
  const list = [...variables].filter(
    ([name, value]) => typeof name === 'string' && typeof value === 'string',
  );
  const read = <T>(name: string, parse: (value: string) => T | undefined): T | undefined => {
    const value = findValue(list, name);
    return value === undefined ? undefined : parse(value);
  };
  const status = read(mapping.statusName, (value) => toCleanText(value, 64));
  const result = status === undefined ? undefined : toCallResult(mapping.statusMap, status);
  return {
    ...present('origin', read(mapping.originName, toPartyNumber)),
    ...present('destination', read(mapping.destinationName, toPartyNumber)),
    ...present('recording', read(mapping.recordingName, toRecording)),
    ...present('externalCallId', read(mapping.externalIdName, toExternalCallId)),
    ...present('ourCallId', mapping.callIdName === '' ? undefined : read(mapping.callIdName, toOurCallId)),
    ...present('result', result),
    ...present('durationSec', read(mapping.durationName, toDurationSec)),
    ...present('ctiAtMs', read(mapping.timeName, toCtiTimeMs)),
    ...present('unknownStatus', result === undefined ? status : undefined),
    unknownNames: findUnknownNames(mapping, list),
  };
}

function toOurCallId(value: string): string | undefined {
  const parsed = callId.safeParse(value.trim().toLowerCase());
  return parsed.success ? parsed.data : undefined;
}

function findValue(list: readonly (readonly [string, string])[], name: string): string | undefined {
  const lower = name.toLowerCase();
  const hasValue = ([, value]: readonly [string, string]) => value.trim() !== '';
  const exact = list.find((pair) => pair[0] === name && hasValue(pair));
  return (exact ?? list.find((pair) => pair[0].toLowerCase() === lower && hasValue(pair)))?.[1];
}

function findUnknownNames(mapping: CallbackMapping, list: readonly (readonly [string, string])[]): string[] {
  const known = new Set(
    [
      mapping.originName,
      mapping.destinationName,
      mapping.recordingName,
      mapping.externalIdName,
      mapping.statusName,
      mapping.durationName,
      mapping.timeName,
      mapping.callIdName,
    ].map((name) => name.toLowerCase()),
  );
  const unknown = new Set<string>();
  for (const [name] of list) {
    if (unknown.size === MAX_UNKNOWN_NAMES) break;
    const clean = known.has(name.toLowerCase()) ? undefined : toCleanText(name, 64);
    if (clean !== undefined) unknown.add(clean);
  }
  return [...unknown];
}

function present<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: Value });
}
