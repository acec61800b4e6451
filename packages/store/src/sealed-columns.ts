import { toAgentField } from './agents.ts';
import { toSigningField } from './callback-credentials.ts';
import { toCompanyField } from './company-secrets.ts';
import type { V1Place } from './sealed-v1.ts';
import { toKeyField } from './token-policies.ts';

/** A column whose values are sealed with tenants' keys. Names are ours and go into SQL as they are. */
export interface SealedColumn {
  table: string;
  column: string;
  /** What tells rows of one tenant apart. */
  key: string;
  /** What the value of a row is sealed for. */
  toField(key: string): string;
  /** Where one of old was sealed for. */
  toV1Place?(key: string): V1Place;
}

/** Every column that holds sealed values: what is missing here is left behind when keys are rotated. */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  ...(['senha_banco', 'senha_padrao'] as const).map(
    (column): SealedColumn => ({
      table: 'wl_chamados_empresa',
      column,
      key: 'empresa_id',
      toField: () => toCompanyField(column),
      toV1Place: (key) => ({ empresaId: Number(key), column }),
    }),
  ),
  ...(['senha', 'token'] as const).map(
    (column): SealedColumn => ({
      table: 'agents',
      column,
      key: 'user_name',
      toField: (key) => toAgentField(column, key),
    }),
  ),
  {
    table: 'callback_credentials',
    column: 'signing_secret',
    key: 'credential_id',
    toField: toSigningField,
  },
  {
    table: 'agent_token_keys',
    column: 'secret',
    key: 'kid',
    toField: toKeyField,
  },
];
