export {
  type AccessSnapshot,
  isRevoked,
  type Revocations,
  toAgentKey,
  type TokenKey,
  type TokenPolicy,
} from './access-snapshot.ts';
export {
  AGENT_TOKEN,
  agentClaims,
  type AgentClaims,
  type AgentIdentity,
  type AgentRole,
  agentRole,
} from './agent-token.ts';
export {
  callContext,
  callEvent,
  type CallContext,
  type CallEvent,
  type CallEventType,
  type CallbackEvent,
  type DialEvent,
} from './call-event.ts';
export {
  callState,
  callResult,
  direction,
  matchedBy,
  intentState,
  type CallState,
  type CallResult,
  type Direction,
  type MatchedBy,
  type IntentState,
} from './call-state.ts';
export {
  callTrace,
  traceBatch,
  traceStep,
  type CallTrace,
  type TraceBatch,
  type TraceStep,
} from './call-trace.ts';
export { dialJob, type DialJob } from './dial-job.ts';
export { ERASED } from './erased.ts';
export { toDisplayNumber } from './display-number.ts';
export {
  auditQuery,
  auditResponse,
  erasureRequest,
  erasureResponse,
  exportRequest,
  exportResponse,
} from './http-privacy.ts';
export {
  sessionRequest,
  sessionResponse,
  dialRequest,
  dialResponse,
  callsQuery,
  historyCall,
  callsResponse,
  errorResponse,
  popupOutcome,
  presenceQuery,
  presenceResponse,
  timelineResponse,
  type HistoryCall,
  type PopupOutcome,
  type Timeline,
} from './http.ts';
export {
  apiKeyRequest,
  apiKeyRotation,
  apiKeySecret,
  apiKeysResponse,
  type ApiKeyView,
  apiKeyView,
  revealRequest,
  revealResponse,
  revocationRequest,
  revocationsResponse,
  type RevocationView,
  revocationView,
} from './http-access.ts';
export { tenantId, userId, ramal, intentId, callId, externalCallId, epochMs } from './ids.ts';
export {
  DIAL_QUEUE,
  HISTORY_GROUP,
  EVENT_FIELD,
  TRACE_FIELD,
  DEFAULT_PARTITIONS,
  escapeId,
  createNames,
  type Names,
} from './names.ts';
export { DIALLABLE, stripPunctuation, dialTarget } from './phone.ts';
export {
  dialReason,
  noPopupReason,
  popupSkipReason,
  type DialReason,
  type NoPopupReason,
  type PopupSkipReason,
} from './reasons.ts';
export { toUuidV7, uuidV7Time, toUuidV8 } from './uuid.ts';
export {
  SUBPROTOCOL,
  MAX_FRAME_BYTES,
  clientFrame,
  CLIENT_OPS,
  type ClientFrame,
  type ClientOp,
} from './wire-client.ts';
export { CLOSE, ERROR_CODES, type CloseKind, type ErrorCode } from './wire-codes.ts';
export {
  peer,
  popupKind,
  popup,
  callView,
  ctiStatus,
  resumePoint,
  readyEvent,
  inboxEvent,
  connectionEvent,
  ackFrame,
  errorFrame,
  type Peer,
  type PopupKind,
  type Popup,
  type CallView,
  type CtiStatus,
  type InboxEvent,
  type ConnectionEvent,
} from './wire-server.ts';
export {
  parseRedisUrl,
  type RedisAddress,
  type RedisCluster,
  type RedisSentinel,
  type RedisSingle,
  type RedisTarget,
  RedisUrlInvalidError,
  toHostPort,
  toRedisHosts,
  withRedisUser,
} from './redis-url.ts';
export {
  ALL_RIGHTS,
  isRight,
  type Right,
  RIGHTS,
  type Role,
  ROLE_RIGHTS,
  ROLES,
  toKeyRights,
} from './rights.ts';
export { ROLE_SERVICES, type RoleService, toRoleName } from './service-roles.ts';
