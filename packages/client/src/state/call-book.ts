import type { Emitter } from '../emitter.ts';
import { LiveMap } from '../live-collection.ts';
import type { Call } from '../wire.ts';

/** How the agent's calls change; each carries the whole call as it stands. */
export interface CallEvents {
  'call.created': { call: Call };
  'call.updated': { call: Call };
  'call.answered': { call: Call };
  'call.ended': { call: Call };
  'recording.ready': { callId: string; recording: string };
  'recording.failed': { callId: string; reason: string };
}

type CallOp = 'call.created' | 'call.updated' | 'call.answered' | 'call.ended';

/** The calls that have not ended. */
export class CallBook {
  readonly calls = new LiveMap<Call>();
  readonly #emitter: Emitter<CallEvents>;

  constructor(emitter: Emitter<CallEvents>) {
    this.#emitter = emitter;
  }

  apply(op: CallOp, call: Call): void {
    this.#put(call);
    this.#emitter.emit(op, { call });
  }

  /** These and no others have not ended. */
  replaceAll(calls: readonly Call[]): void {
    const ids = new Set(calls.map(({ callId }) => callId));
    for (const { callId } of this.calls.list) if (!ids.has(callId)) this.calls.delete(callId);
    for (const call of calls) this.#put(call);
  }

  #put(call: Call): void {
    if (call.state === 'ended') this.calls.delete(call.callId);
    else this.calls.set(call.callId, call);
  }
}
