import type { CallEvent } from '@ramal/contracts';
import { toLegView } from './agent-messages.ts';
import type { Line } from './call-commit.ts';
import type { Callback } from './match-callback.ts';
import { reduceCall, toLegs } from './reduce-call.ts';
import { toPeerKey } from './same-number.ts';

/** The lines a call is found under: one for each of our agents' ends. */
export function toLines(events: readonly CallEvent[]): Line[] {
  const call = reduceCall(events);
  return toLegs(events).map((leg) => ({
    ramal: leg.ramal,
    peerKey: toPeerKey(toLegView(call, leg).peer.raw),
  }));
}

/** The lines on which a callback's call is to be looked for. */
export function toCallbackLines({ direction, legs, origin, destination, peer }: Callback): Line[] {
  return legs.map(({ ramal }) => {
    const other = direction === 'internal' ? (ramal === origin ? destination : origin) : peer;
    return { ramal, peerKey: toPeerKey(other ?? '') };
  });
}
