import type { CtiField, CtiNoticeCode } from '@ramal/cti';

/** What can be said about a tenant beyond the notices of its rows; stable, scripts read it. */
export type FindingCode =
  | 'tenant_unknown'
  | 'tenant_inactive'
  | 'cti_off'
  | 'rows_missing'
  | 'own_database_unusable'
  | 'cti_address_denied'
  | 'external_not_diallable'
  | 'settings_invalid'
  | 'no_users'
  | 'user_without_ramal'
  | 'user_ramal_invalid'
  | 'ramal_duplicated'
  | 'user_credentials_missing'
  | 'user_agente_invalid'
  | 'user_senha_invalid'
  | 'user_token_invalid'
  | 'users_on_senha_padrao'
  | 'no_callback_token';

/** A problem keeps calls or callbacks from working, for a user or for all; a warning doesn't. */
export type Severity = 'problem' | 'warning';

/** One line of the check, in no language yet. Values are names, never secrets. */
export type Finding =
  | { kind: 'tenant'; severity: Severity; code: FindingCode; values: Readonly<Record<string, string>> }
  | {
      kind: 'notice';
      severity: Severity;
      code: CtiNoticeCode;
      field: CtiField;
      /** `table.column`, as the administrator finds it. */
      column: string;
    }
  | { kind: 'setting'; severity: 'problem'; code: 'settings_invalid'; setting: string };

/** A finding about the tenant as a whole, or about users of it. */
export function tenantFinding(
  severity: Severity,
  code: FindingCode,
  values: Readonly<Record<string, string>> = {},
): Finding {
  return { kind: 'tenant', severity, code, values };
}
