export { type AgentAccess, createAgentAccess } from './agent-access.ts';
export {
  AgentTokenInvalidError,
  signAgentToken,
  type TokenSigner,
  type VerifiedAgent,
  verifyAgentToken,
} from './agent-token.ts';
export { toClientAddress, toNetwork } from './client-address.ts';
export { type CommonEnv, commonEnv } from './common-env.ts';
export { DIALER_FAILPOINTS } from './dialer-failpoints.ts';
export { createEventLoopCheck } from './event-loop-check.ts';
export { announceFailpoints, failpoint } from './failpoint.ts';
export { GIVES_WAY, giveWay } from './give-way.ts';
export { createKeyedLimit, type KeyedLimit } from './keyed-limit.ts';
export {
  DEFAULT_STOP_TIMEOUT_MS,
  type Releasers,
  type RunServiceOptions,
  runService,
} from './lifecycle.ts';
export { createLogger, type Logger, maskNumber, toLoggedError } from './logger.ts';
export { readMasterKeys, readMasterKeysOf } from './master-key-env.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export { newCallId } from './new-call-id.ts';
export {
  type Health,
  type HealthCheck,
  type HealthReport,
  startOpsServer,
  toHealthReport,
} from './ops-server.ts';
export { isOwnerAlive, ownSocket } from './owned-socket.ts';
export {
  ConfigInvalidError,
  count,
  durationMs,
  flag,
  origins,
  parseEnv,
  port,
  signingSecret,
  upTo,
} from './parse-env.ts';
export { createProgressCheck, type ProgressCheck } from './progress-check.ts';
export { createProviderKeys, type FetchKeys, type ProviderKeys } from './provider-keys.ts';
export { isSwitchedOff } from './test-switch.ts';
export { createTokenBucket, type TokenBucket } from './token-bucket.ts';
export { WireError } from './wire-error.ts';
export { warnWithoutMasterKey } from './warn-without-master-key.ts';
