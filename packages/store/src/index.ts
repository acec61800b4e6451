export type { AccessWatch } from './access-watch.ts';
export {
  type Agent,
  type AgentCredentials,
  findAgent,
  findAgentCredentials,
  listAgents,
} from './agents.ts';
export {
  createApiKey,
  type CreatedApiKey,
  type NewApiKey,
  revokeApiKey,
  rotateApiKey,
} from './api-key-changes.ts';
export { type ApiKeyFilter, listApiKeys } from './api-key-list.ts';
export { type ApiKey, findApiKey, insertApiKey } from './api-keys.ts';
export {
  type ChainHead,
  type ChainKey,
  type ChainReport,
  readChainHead,
  sealAudit,
  toChainKeys,
  verifyAudit,
} from './audit-chain.ts';
export { appendAudit, type AuditEntry } from './audit-log.ts';
export { type AuditLogs, type AuditPage, queryAuditOf } from './audit-page.ts';
export { type AuditFilter, type AuditRecord, queryAudit } from './audit-query.ts';
export { type Cache, type CacheOptions, createCache } from './cached.ts';
export type { ReduceCall } from './call-rows.ts';
export { listCallTraces, type StoredTrace } from './call-traces.ts';
export { listCallEvents, listStoredEvents } from './call-trail.ts';
export {
  type CallbackCredential,
  clearCallbackCredentials,
  findCallbackNetworks,
  listCallbackCredentials,
  rotateCallbackCredential,
  writeCallbackNetworks,
} from './callback-credentials.ts';
export {
  type BasicLogin,
  type CallbackProtection,
  type CallbackProtections,
} from './callback-protections.ts';
export {
  type CallbackTokenEntry,
  endCallbackTokens,
  findCallbackToken,
  hasCallbackToken,
  insertCallbackToken,
  listCallbackTokens,
  revokeCallbackToken,
  toTokenId,
} from './callback-tokens.ts';
export { type ConfiguracaoCtiWrite, writeConfiguracaoCti } from './configuracao-cti-write.ts';
export { CursorInvalidError } from './calls-cursor.ts';
export { type CallsFilter, type CallsPage, queryCalls } from './calls-query.ts';
export { readCheckpoint } from './checkpoints.ts';
export {
  connectStore,
  type Queryable,
  type Store,
  type StoreOptions,
  type StoreTimeouts,
} from './connect-store.ts';
export { type CtiRows, readCtiRows } from './cti-rows.ts';
export {
  type CallErasure,
  eraseStoredCall,
  type FoundCall,
  type PersonHint,
  searchCalls,
  type SearchPlace,
} from './erase-calls.ts';
export {
  deleteInactiveUser,
  eachDeadLetter,
  findUserRecord,
  forgetAuditPerson,
  type FoundLetter,
  listAuditOf,
  replaceDeadLetter,
  searchDeadLetters,
  type UserRecord,
} from './person-records.ts';
export { EventDataError, isDataError } from './data-error.ts';
export { listUsersOnDefaultSenha } from './default-senha-users.ts';
export {
  addDeadLetter,
  type DeadLetter,
  type DeadLetterSource,
  type NewDeadLetter,
} from './dead-letters.ts';
export {
  countDeadLetters,
  type DeadLetterFilter,
  type DeadLetterRecord,
  findDeadLetter,
  listDeadLetters,
  tryDeadLetter,
} from './dead-letter-replay.ts';
export { hashSecret } from './hash-secret.ts';
export { NetworkInvalidError, type NetworkList, parseNetworks, toPlainAddress } from './network-list.ts';
export { isPassword } from './password-hash.ts';
export { newSigningSecret, toSigningKey } from './signing-secret.ts';
export { type BatchCounts, type HistoryBatch, writeBatch } from './history-writes.ts';
export { type DialJudgement, judgeDial } from './judge-dial.ts';
export { migrate } from './migrate.ts';
export { listOpenCalls, type StoredOpenCall } from './open-calls-query.ts';
export { ensurePartitions } from './partitions.ts';
export {
  findTenant,
  listTenantsWithOwnDatabase,
  type Tenant,
} from './tenant-directory.ts';
export {
  createTenantLookup,
  findMaxCallMs,
  findRamal,
  isInternalNumber,
  knownMaxCallMs,
  toExternalE164,
  type TenantLookup,
  type TenantProfile,
} from './tenant-lookup.ts';
export { listMonths, listTenantsOfMonth, listTenantsWithDeadLetters } from './expired-months.ts';
export { type EraseLate } from './late-events.ts';
export { claimRetentionRun, finishRetentionRun } from './retention-floors.ts';
export { type RetentionCounts, type RetentionOptions, runRetention } from './run-retention.ts';
export { type Cutoff } from './sweep-expired.ts';
export { readCompanySecret } from './company-secrets.ts';
export { createSecretSealer, type SecretSealer } from './secret-sealer.ts';
export { connectTenants, type Tenants, type TenantsOptions } from './connect-tenants.ts';
export { createTenantStores, type TenantStores } from './tenant-stores.ts';
export { createMasterKeys, type MasterKeys } from './master-keys.ts';
export { SealedSecretError } from './sealed-secret-error.ts';
export { createTenantSecrets, type TenantSecrets } from './tenant-secrets.ts';
export { listRevocations, type Revocation, revokeAccess } from './revocations.ts';
export {
  addTokenKey,
  dropTokenPolicy,
  findTokenPolicy,
  type ProviderPolicy,
  removeTokenKey,
  setProviderPolicy,
  type TokenPolicyView,
} from './token-policies.ts';
export { type ColumnStatus, type KeyStatus, readKeyStatus } from './key-status.ts';
export { listTenantsWithSecrets, rewrapTenantKeys, rotateTenantKey } from './rotate-keys.ts';
export { grantRights, type RolePasswords } from './rights/grant-rights.ts';
export { toRightsFile } from './rights/rights-sql.ts';
export { readRolePasswords } from './rights/role-passwords.ts';
