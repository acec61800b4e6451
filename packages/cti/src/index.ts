export {
  CONFIGURACAO_CTI_COLUMNS,
  EMPRESAS_COLUMNS,
  type ConfiguracaoCtiRow,
  type CtiField,
  type EmpresasRow,
} from './legacy-columns.ts';
export { type AnswerReason, type AnswerRules } from './answer-rules.ts';
export { type AnswerContents, type AnswerReading, readAnswer } from './read-answer.ts';
export { CTI_NOTICE_CODES, type CtiNoticeCode } from './column-text.ts';
export { compareConfiguracaoCtiRows, type CtiRowDifference } from './compare-rows.ts';
export { DEFAULT_RECEIVED_NAMES, toConfiguracaoCtiRow, type CtiNotice } from './convert-empresas.ts';
export { findCredentialProblems, type CredentialProblem } from './credential-problems.ts';
export {
  CtiSettingsInvalidError,
  DEFAULT_CTI_SETTINGS,
  parseCtiSettings,
  toCtiLimits,
  toDialPolicy,
  type Retention,
  toMaxCallMs,
  toRetention,
  toRingGroups,
  toNumberingSettings,
  type CompleteCtiSettings,
  type CtiSettings,
  type DialPolicy,
} from './cti-settings.ts';
export {
  type DestinationReason,
  type DestinationRules,
  type DestinationVerdict,
  judgeDestination,
} from './destination-policy.ts';
export { type Destinations, toDestinations } from './destination-settings.ts';
export type { DialLimits } from './dial-limit-settings.ts';
export { toCtiConfig, toDialReason, type CtiConfigResult, type CtiRows } from './cti-config.ts';
export type { CallbackMapping, CtiConfig } from './read-cti-row.ts';
export type { AuthMode, HttpMethod, HttpProtocol } from './cti-fields.ts';
export type { StatusMap } from './call-status.ts';
export { inspectCtiRows, type CtiInspection } from './inspect-cti-rows.ts';
export { isInternalRamal } from './internal-ramal.ts';
export { normalizeNumber, type NormalizedNumber, type NumberingSettings } from './normalize-number.ts';
export type { NumberKind, NumberNote } from './number-reading.ts';
export { buildOriginate, type OriginateInput, type OriginateRequest } from './originate-request.ts';
export type { CtiCredentials } from './cti-credentials.ts';
export {
  CtiCredentialInvalidError,
  CtiCredentialsMissingError,
  NumberNotDiallableError,
  type CredentialField,
} from './originate-errors.ts';
export type { DialledNumber } from './dialled-number.ts';
export { maskNumber, maskOriginate, maskPath } from './mask-originate.ts';
export { judgeAttempt, type AttemptEnd, type DialDialect, type RetryVerdict } from './retry-policy.ts';
export { toCallbackFacts, type CallbackFacts } from './callback-facts.ts';
export {
  identifyParties,
  type CallParties,
  type NumberDirectory,
  type RamalOwner,
} from './call-parties.ts';
