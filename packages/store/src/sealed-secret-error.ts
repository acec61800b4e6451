/**
 * A stored secret can't be opened: there is no key for it, or somebody moved or changed it. The message names the tenant
 * and the field, never the value (I8).
 */
export class SealedSecretError extends Error {
  readonly code = 'sealed_secret_invalid';
  override readonly name = 'SealedSecretError';
  readonly tenant: string;
  readonly field: string;
  constructor(tenant: string, field: string, why: string) {
    super(`${field} of tenant ${tenant} can't be opened: ${why}`);
    this.tenant = tenant;
    this.field = field;
  }
}
