import type { LiveCall } from '@ramal/calls';
import type { DialIntent } from './dial-intents.ts';

/** A dial's call as it was when it was last read or written here. */
interface SeenCall {
  intent: DialIntent;
  call: LiveCall;
  /** What Redis' clock says now, epoch ms: what it said then, and the time since by a steady clock. */
  nowMs(): number;
}

/**
 * The calls of dials under way in this process, so that the next step of each can be planned without reading them again: if
 * they have changed meanwhile the commit is a conflict, for which it is looked at once more. Only for steps that carry a
 * fence: whoever else had given the dial back with a doubt would have changed both the fence and the call.
 */
export interface SeenCalls {
  note(intent: DialIntent, call: LiveCall, nowMs: number): void;
  /** What was noted last; it is forgotten with that. */
  take(intent: Pick<DialIntent, 'callId'>): SeenCall | undefined;
}

/** More than any dialer works on at a time; the oldest go. */
const MOST_SEEN = 5_000;

export function createSeenCalls(): SeenCalls {
  const byCallId = new Map<string, SeenCall>();
  return {
    note(intent, call, nowMs) {
      const readMs = performance.now();
      byCallId.delete(call.callId);
      byCallId.set(call.callId, {
        intent,
        call,
        nowMs: () => Math.floor(nowMs + performance.now() - readMs),
      });
      if (byCallId.size <= MOST_SEEN) return;
      for (const oldest of byCallId.keys()) {
        byCallId.delete(oldest);
        break;
      }
    },
    take({ callId }) {
      const found = byCallId.get(callId);
      byCallId.delete(callId);
      return found;
    },
  };
}
