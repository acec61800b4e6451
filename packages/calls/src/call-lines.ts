import type { CallEvent } from '@ramal/contracts';
import type { Line } from './call-commit.ts';
import type { Callback } from './match-callback.ts';
import { reduceCall, toLegPeer, toLegs } from './reduce-call.ts';
import { toPeerKey } from './same-number.ts';

/** The lines a call is found under: one for each of our agents' ends, or one of its two numbers where neither is ours. */
export function toLines(events: readonly CallEvent[]): Line[] {
  const call = reduceCall(events);
  const legs = toLegs(events);
  if (legs.length === 0) return toForeignLines(call.origin, call.destination);
  return legs.map((leg) => ({
    ramal: leg.ramal,
    peerKey: toPeerKey(toLegPeer(call, leg).raw),
  }));
}

/** The lines on which a callback's call is to be looked for. */
export function toCallbackLines(callback: Callback): Line[] {
  const { direction, legs, origin, destination, peer, ringGroup = [] } = callback;
  if (legs.length === 0) return toForeignLines(origin ?? null, destination ?? null);
  const own = legs.map(({ ramal }) => {
    const other = direction === 'internal' ? (ramal === origin ? destination : origin) : peer;
    return { ramal, peerKey: toPeerKey(other ?? '') };
  });
  const along = direction === 'inbound' ? new Set(ringGroup) : new Set<string>();
  for (const { ramal } of own) along.delete(ramal);
  return [...own, ...[...along].map((ramal) => ({ ramal, peerKey: toPeerKey(peer ?? '') }))];
}

/** A call between two numbers of which neither is an extension: told twice, it must still be one call (I3). */
function toForeignLines(origin: string | null, destination: string | null): Line[] {
  if (origin === null && destination === null) return [];
  return [{ ramal: '', peerKey: `${toPeerKey(origin ?? '')}>${toPeerKey(destination ?? '')}` }];
}
