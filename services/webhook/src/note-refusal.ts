import type { CallBus, TraceRecorder } from '@ramal/bus';
import { type CallbackKind, matchCallback, toCallbackLines, toLegs } from '@ramal/calls';
import { toCallbackFacts } from '@ramal/cti';
import type { TenantProfile } from '@ramal/store';
import { toCallback } from './ingest-callback.ts';
import type { Variable } from './read-variables.ts';

/** Who is refused may call back as often as they like: no more than these are looked into at once. */
const MOST_AT_ONCE = 4;

/** @param why what the caller lacked, where its company is active */
export type RefusalNote = (
  profile: TenantProfile,
  kind: CallbackKind,
  read: () => readonly Variable[],
  reason: 'tenant_inactive' | 'callback_refused',
  why?: string,
) => void;

/**
 * Notes on a call we know that a callback about it was refused, because its company is not active (R42) or because the
 * caller was not who it should be (threat 5): the answer to "why no pop-up?". As well as it can, after the answer has
 * been sent; it never fails and changes nothing.
 */
export function createRefusalNote(options: { bus: CallBus; recorder: TraceRecorder }): RefusalNote {
  const { bus, recorder } = options;
  let underWay = 0;

  const note = async (
    profile: TenantProfile,
    kind: CallbackKind,
    variables: readonly Variable[],
    reason: 'tenant_inactive' | 'callback_refused',
    why: string | undefined,
  ) => {
    const { tenant } = profile.tenant;
    const callback = toCallback(kind, toCallbackFacts(profile.cti.callback, variables), profile);
    const { externalCallId, ourCallId: callId } = callback;
    const view = await bus.view({
      tenant,
      lines: toCallbackLines(callback),
      externalCallId,
      ...(callId === undefined ? {} : { callId }),
    });
    const call = matchCallback(callback, view.calls, view.nowMs)?.call;
    if (call === undefined) return;
    const user = toLegs(call.events).find((leg) => leg.user !== null)?.user ?? undefined;
    recorder.record(tenant, {
      callId: call.callId,
      step: 'callback.refused',
      user,
      reason,
      detail: { kind, direction: callback.direction, ...(why === undefined ? {} : { why }) },
    });
  };

  return (profile, kind, read, reason, why) => {
    if (underWay >= MOST_AT_ONCE) return;
    underWay += 1;
    setImmediate(() => {
      // What can't be read or found is of no call we know; the caller has its answer already.
      Promise.resolve()
        .then(() => note(profile, kind, read(), reason, why))
        .catch(() => undefined)
        .finally(() => {
          underWay -= 1;
        });
    });
  };
}
