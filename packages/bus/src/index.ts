export {
  type AgentFeed,
  type ClaimPassed,
  createAgentFeed,
  type FeedEntry,
  type FeedMessage,
} from './agent-feed.ts';
export {
  type AgentInbox,
  createAgentInbox,
  type InboxEntry,
  type InboxPage,
} from './agent-inbox.ts';
export {
  type CallBus,
  type CallQuery,
  type CallsView,
  type CommitOutcome,
  type CommitResult,
  createCallBus,
} from './call-bus.ts';
export {
  type BreakerMove,
  createCtiGate,
  createDownCtis,
  type CtiEntry,
  type CtiGate,
  type CtiLimits,
  type CtiOutcome,
} from './cti-gate.ts';
export { connectRedis, type RedisLog, type RedisRole } from './connect-redis.ts';
export { connectSubscriber, type Subscriber } from './connect-subscriber.ts';
export {
  createDialIntents,
  type DialIntent,
  type DialIntents,
  isSettled,
  type NewDial,
  type RequestOutcome,
  toVerdict,
} from './dial-intents.ts';
export {
  createDialLimiter,
  type DialAdmission,
  type DialAsked,
  type DialLimiter,
  type DialRates,
  MOST_RECORDED_REFUSALS,
} from './dial-limits.ts';
export { createDialQueue, DIAL_ATTEMPTS, type DialQueue, toRetryDelayMs } from './dial-queue.ts';
export {
  compareStreamIds,
  createEventStream,
  type EventStream,
  GroupMissingError,
  type StreamEntry,
} from './event-stream.ts';
export { type FeedProbe, startFeedProbe } from './feed-probe.ts';
export { createOpenCalls, type OpenCall, type OpenCalls } from './open-calls.ts';
export { createPopupReactions, type PopupReactions } from './popup-reactions.ts';
export { type AgentConnection, createPresence, type Presence } from './presence.ts';
export { createSentGuard, type SentGuard } from './sent-guard.ts';
export { createSocketRegistry, type RegisteredSocket, type SocketRegistry } from './socket-registry.ts';
export {
  createTraceRecorder,
  type NewTrace,
  NO_TRACES,
  type TraceRecorder,
  type TraceRecorderOptions,
} from './trace-recorder.ts';
export { isRedisAway } from './is-redis-away.ts';
export { readRedisIdentities } from './redis-identity.ts';
export {
  createWebhookIds,
  type SignedMessage,
  type WebhookIds,
  WEBHOOK_TOLERANCE_SEC,
  type WebhookIdState,
} from './webhook-ids.ts';
export { applyRedisRights, toAclFile } from './apply-redis-rights.ts';
export { type LiveErasure } from './erase-live.ts';
export { type StreamErasure } from './erase-stream.ts';
export { createLivePersons, type LivePersons } from './live-persons.ts';
