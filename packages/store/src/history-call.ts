import {
  type CallContext,
  type CallResult,
  type CallState,
  type DialReason,
  type Direction,
  type HistoryCall,
  type MatchedBy,
  toDisplayNumber,
} from '@ramal/contracts';

/** The columns of `calls` that a listing reads, as the driver returns them. */
export interface CallColumns {
  started_at: Date;
  call_id: string;
  tenant: string;
  direction: Direction;
  state: CallState;
  result: CallResult | null;
  reason: DialReason | null;
  ramal: string | null;
  user_name: string | null;
  peer: string | null;
  peer_e164: string | null;
  origin: string | null;
  destination: string | null;
  external_call_id: string | null;
  intent_id: string | null;
  matched_by: MatchedBy | null;
  answered_at: Date | null;
  ended_at: Date | null;
  duration_sec: number | null;
  recording: string | null;
  context: CallContext | null;
}

/** A row of `calls` as the api shows it. */
export function toHistoryCall(row: CallColumns): HistoryCall {
  const raw = row.peer ?? '';
  const e164 = row.peer_e164;
  return {
    callId: row.call_id,
    tenant: row.tenant,
    direction: row.direction,
    state: row.state,
    ramal: row.ramal,
    user: row.user_name,
    peer: { raw, e164, display: e164 === null ? raw : toDisplayNumber(e164) },
    origin: row.origin,
    destination: row.destination,
    startedAt: row.started_at.toISOString(),
    answeredAt: row.answered_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    durationSec: row.duration_sec,
    result: row.result,
    reason: row.reason,
    recording: row.recording,
    externalCallId: row.external_call_id,
    intentId: row.intent_id,
    matchedBy: row.matched_by,
    context: row.context,
  };
}
