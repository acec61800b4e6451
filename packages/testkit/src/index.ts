export {
  type AgentClient,
  type AgentClientOptions,
  connectAgent,
  type ReadyEvent,
  type ServerEvent,
  type WaitOptions,
} from './agent-client.ts';
export { AgentClosedError, WireError } from './agent-client-errors.ts';
export { createCertificate } from './create-certificate.ts';
export { type FakeDns, type FakeDnsName, startFakeDns } from './fake-dns.ts';
export { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
export { findBrowser } from './find-browser.ts';
export { findPhp } from './find-php.ts';
export { type FrameParts, toFrameBytes } from './frame-bytes.ts';
export { createFrameReader } from './frame-reader.ts';
export {
  connectHostile,
  type HandshakeParts,
  type HostileSocket,
  openHostile,
  toHandshakeBytes,
} from './hostile-socket.ts';
export type { RestartableServer } from './restartable-server.ts';
export { readRedisRefusals } from './redis-refusals.ts';
export { findFreePort } from './servers/find-free-port.ts';
export { findPostgres } from './servers/find-postgres.ts';
export { findRedis, startOwnRedis } from './servers/find-redis.ts';
export type { FindServerOptions, FoundServer } from './servers/found-server.ts';
export { startLocalPostgres } from './servers/local-postgres.ts';
export {
  maskUrl,
  ServerMissingError,
  ServerStartError,
  ServerUnreachableError,
} from './servers/server-errors.ts';
export { ConditionTimeoutError, type SleepUntilOptions, sleepUntil } from './sleep-until.ts';
export { type Answer, startPbx, startTcp, type TestPbx } from './start-pbx.ts';
export {
  createEmptyDatabase,
  createTestDatabase,
  type TestDatabase,
  useDatabaseTemplate,
} from './test-database.ts';
export { startTestPostgres, startTestRedis } from './test-servers.ts';
export { type IdentityProvider, startIdentityProvider } from './identity-provider.ts';
export { askRedis } from './redis-group/ask-redis.ts';
export { fillUpRedis, makeRoomInRedis } from './redis-group/full-redis.ts';
export { type RedisNode, startRedisNode } from './redis-group/redis-node.ts';
export { type RedisClusterServers, startRedisCluster } from './redis-group/start-redis-cluster.ts';
export { type RedisPair, startRedisPair } from './redis-group/start-redis-pair.ts';
export { type SentinelRedis, startSentinelRedis } from './redis-group/start-sentinel-redis.ts';
export { toShiftedClock } from './shifted-clock.ts';
