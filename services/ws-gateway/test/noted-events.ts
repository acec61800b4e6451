import type { Events } from '../src/events.ts';

export interface NotedEvents extends Events {
  /** What happened, as `event` or `event what`. */
  noted: string[];
}

/** Events that only remember what happened. */
export function createNotedEvents(): NotedEvents {
  const noted: string[] = [];
  const note = (what: string) => void noted.push(what);
  return {
    noted,
    connected: () => note('connected'),
    disconnected: (code) => note(`disconnected ${code}`),
    authenticated: ({ resume }) => note(`authenticated ${resume}`),
    authFailed: () => note('authFailed'),
    accessRevoked: (sockets) => note(`accessRevoked ${sockets}`),
    providerFailed: ({ host }) => note(`providerFailed ${host}`),
    dialRequested: () => note('dialRequested'),
    dialRefused: ({ code }) => note(`dialRefused ${code}`),
    dialDenied: ({ reason }) => note(`dialDenied ${reason}`),
    dialUnavailable: () => note('dialUnavailable'),
    frameRefused: (code) => note(`frameRefused ${code}`),
    handshakeRefused: (reason) => note(`handshakeRefused ${reason}`),
    limited: (limit) => note(`limited ${limit}`),
    originsOpen: () => note('originsOpen'),
    delivered: () => undefined,
    gapHealed: ({ entries }) => note(`gapHealed ${entries}`),
    redisSilent: () => note('redisSilent'),
    redisMended: ({ agents }) => note(`redisMended ${agents}`),
    intentOverdue: ({ verdict }) => note(`intentOverdue ${verdict}`),
    requestFailed: () => note('requestFailed'),
    backgroundFailed: (what) => note(`backgroundFailed ${what}`),
  };
}
