import type { DialReason } from '@ramal/contracts';

/** What a CRM user brings to the CTI (R31). */
export type CredentialField = 'ramal' | 'agente' | 'senha' | 'token';

/** The user lacks what the active mode needs (R31). `missing` names fields, never values. */
export class CtiCredentialsMissingError extends Error {
  readonly code = 'cti_credentials_missing' satisfies DialReason;
  readonly missing: readonly CredentialField[];

  constructor(missing: readonly CredentialField[]) {
    super(`the user's CTI credentials are missing: ${missing.join(', ')}`);
    this.name = 'CtiCredentialsMissingError';
    this.missing = missing;
  }
}

/** A credential can't go on the wire unambiguously: a line break, a `:` in agente … `field` names it, never its value. */
export class CtiCredentialInvalidError extends Error {
  readonly code = 'cti_config_invalid' satisfies DialReason;
  readonly field: CredentialField;

  constructor(field: CredentialField, why: string) {
    super(`the user's CTI credential ${field} ${why}`);
    this.name = 'CtiCredentialInvalidError';
    this.field = field;
  }
}

/** The number, with its prefix, isn't one that may reach a CTI (threat 1). */
export class NumberNotDiallableError extends Error {
  readonly code = 'number_not_diallable' satisfies DialReason;

  constructor(why: string) {
    super(`the number is not diallable: ${why}`);
    this.name = 'NumberNotDiallableError';
  }
}
