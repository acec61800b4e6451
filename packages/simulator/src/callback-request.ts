import type { AccountCallback } from './account.ts';

export type CallbackEvent = 'incoming' | 'answered' | 'ended' | 'recording';

/** What a callback says, before it gets an account's names; undefined is left out. */
export interface CallbackFacts {
  origin: string;
  destination: string;
  id?: string | undefined;
  status?: string | undefined;
  durationSec?: number | undefined;
  audio?: string | undefined;
}

export interface CallbackRequest {
  method: 'GET' | 'POST';
  url: string;
  contentType: string | null;
  body: string;
}

function toVariables(
  callback: AccountCallback,
  facts: CallbackFacts,
): [name: string, value: string | number][] {
  const { names } = callback;
  const all: [string, string | number | undefined][] = [
    [names.origin, facts.origin],
    [names.destination, facts.destination],
    [names.id, callback.sendId ? facts.id : undefined],
    [names.status, facts.status],
    [names.duration, facts.durationSec],
    [names.audio, facts.audio],
  ];
  return all.flatMap(([name, value]): [string, string | number][] =>
    value === undefined ? [] : [[name, value]],
  );
}

/** The request of one callback, by its account's method, names and body kind. */
export function toCallbackRequest(
  webhookUrl: string,
  callback: AccountCallback,
  event: CallbackEvent,
  facts: CallbackFacts,
): CallbackRequest {
  const variables = toVariables(callback, facts);
  const pairs = variables.map(([name, value]): [string, string] => [name, String(value)]);
  const encoded = new URLSearchParams(pairs).toString();
  const url = `${webhookUrl.replace(/\/+$/, '')}/v1/cti/${encodeURIComponent(callback.token)}/${event}`;
  switch (callback.bodyKind) {
    case 'query':
      return { method: callback.method, url: `${url}?${encoded}`, contentType: null, body: '' };
    case 'form':
      return {
        method: callback.method,
        url,
        contentType: 'application/x-www-form-urlencoded',
        body: encoded,
      };
    case 'json':
      return {
        method: callback.method,
        url,
        contentType: 'application/json',
        body: JSON.stringify(Object.fromEntries(variables)),
      };
    default:
      return callback.bodyKind satisfies never;
  }
}
