import type { CallBus, Presence } from '@ramal/bus';
import { reduceCall, toLegs, toLegView } from '@ramal/calls';
import { type CallState, type CallView, type Direction, ramal as ramalSchema } from '@ramal/contracts';
import { WireError } from '@ramal/runtime';
import type { TenantProfile } from '@ramal/store';

/** `unknown_ramal`: nobody is registered for it, and it is in no call. */
type LineState = 'free' | 'ringing' | 'in_call' | 'unknown_ramal';

/** An extension as R38 and R39 show it. */
export interface RamalState {
  tenant: string;
  ramal: string;
  /** Who is registered for it. */
  user: string | null;
  logged_in: boolean;
  state: LineState;
  call: {
    callId: string;
    direction: Direction;
    state: CallState;
    /** The far end, "" when withheld. */
    peer: string;
    /** RFC 3339. */
    startedAt: string;
  } | null;
}

/** No PBX rings longer; a call that is not answered by then has ended, and the CTI has not told. */
const LONGEST_RING_MS = 10 * 60 * 1000;
/** The farther a call has come, the more it is what the extension is busy with. */
const URGENCY: Record<CallState, number> = { answered: 3, ringing: 2, requesting: 1, queued: 1, ended: 0 };

/** Reads what an extension is doing at this moment, by Redis time. */
export function createRamalStateReader(options: {
  bus: CallBus;
  presence: Presence;
}): (profile: TenantProfile, ramal: string) => Promise<RamalState> {
  const { bus, presence } = options;
  return async (profile, text) => {
    const { tenant } = profile.tenant;
    const parsed = ramalSchema.safeParse(text);
    if (!parsed.success)
      throw new WireError('bad_request', 'ramal: an extension holds 1 to 20 digits, * or #');
    const ramal = parsed.data;
    const user = profile.userByRamal.get(ramal) ?? null;
    const view = await bus.view({ tenant, ramal });
    const present = await presence.present(tenant, user === null ? [] : [user], view.nowMs);
    const call = pickCall(
      view.calls.flatMap(({ events }) => {
        const leg = toLegs(events).find((one) => one.ramal === ramal);
        return leg === undefined ? [] : [toLegView(reduceCall(events), leg)];
      }),
      view.nowMs,
    );
    return {
      tenant,
      ramal,
      user,
      logged_in: user !== null && present.has(user),
      state: toLineState(call, user),
      call: call === undefined ? null : toCurrentCall(call),
    };
  };
}

function pickCall(calls: readonly CallView[], nowMs: number): CallView | undefined {
  return calls
    .filter(
      ({ state, startedAt }) =>
        state !== 'ended' && (state === 'answered' || nowMs - startedAt < LONGEST_RING_MS),
    )
    .toSorted((a, b) => URGENCY[b.state] - URGENCY[a.state] || b.startedAt - a.startedAt)[0];
}

function toLineState(call: CallView | undefined, user: string | null): LineState {
  if (call !== undefined) return call.state === 'answered' ? 'in_call' : 'ringing';
  return user === null ? 'unknown_ramal' : 'free';
}

function toCurrentCall({ callId, direction, state, peer, startedAt }: CallView): RamalState['call'] {
  return { callId, direction, state, peer: peer.raw, startedAt: new Date(startedAt).toISOString() };
}
