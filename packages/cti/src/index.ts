export {
  CONFIGURACAO_CTI_COLUMNS,
  EMPRESAS_COLUMNS,
  type ConfiguracaoCtiRow,
  type CtiField,
  type EmpresasRow,
} from './legacy-columns.ts';
export type { CtiNoticeCode } from './column-text.ts';
export { toConfiguracaoCtiRow, type CtiNotice } from './convert-empresas.ts';
export {
  CtiSettingsInvalidError,
  DEFAULT_CTI_SETTINGS,
  parseCtiSettings,
  type CompleteCtiSettings,
  type CtiSettings,
} from './cti-settings.ts';
export { toCtiConfig, toDialReason, type CtiConfigResult, type CtiRows } from './cti-config.ts';
export type { CallbackMapping, CtiConfig } from './read-cti-row.ts';
export type { AuthMode, HttpMethod, HttpProtocol } from './cti-fields.ts';
export type { StatusMap } from './call-status.ts';
export { isInternalRamal } from './internal-ramal.ts';
export { buildOriginate, type OriginateInput, type OriginateRequest } from './originate-request.ts';
export type { CtiCredentials } from './cti-credentials.ts';
export {
  CtiCredentialInvalidError,
  CtiCredentialsMissingError,
  NumberNotDiallableError,
  type CredentialField,
} from './originate-errors.ts';
export type { DialledNumber } from './dialled-number.ts';
export { maskNumber, maskOriginate } from './mask-originate.ts';
export { toCallbackFacts, type CallbackFacts } from './callback-facts.ts';
export {
  identifyParties,
  type CallParties,
  type NumberDirectory,
  type RamalOwner,
} from './call-parties.ts';
