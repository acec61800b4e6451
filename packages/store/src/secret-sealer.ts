import type { MasterKeys } from './master-keys.ts';
import { isSealedV1, openSealedV1, type V1Place } from './sealed-v1.ts';
import { SealedSecretError } from './sealed-secret-error.ts';
import type { TenantSecrets } from './tenant-secrets.ts';

/** A secret as it lies in a table that others write too: sealed, sealed as of old, or plain. */
export interface SecretCell {
  tenant: string;
  /** What it is sealed for, such as `wl_chamados_empresa.senha_banco`. */
  field: string;
  stored: string;
  /** Where one of old was sealed for. */
  v1Place?: V1Place;
  /** Puts the sealed text in place of `stored`, unless that was changed meanwhile. */
  replace(sealed: string): Promise<void>;
}

/** Reads secrets of tables that a CRM or a DBA fills in plain, and seals what it finds unsealed. */
export interface SecretSealer {
  /**
   * The plain text. What was plain, or sealed as of old, is sealed in its place (R42); where that fails the secret is
   * read all the same.
   * @throws SealedSecretError when it does not open
   */
  read(cell: SecretCell): Promise<string>;
}

export interface SecretSealerOptions {
  secrets: TenantSecrets;
  masterKeys: MasterKeys;
  /** A secret stays as it is for now. */
  onNotSealed(error: Error): void;
}

export function createSecretSealer({ secrets, masterKeys, onNotSealed }: SecretSealerOptions): SecretSealer {
  return {
    async read(cell) {
      const { tenant, field, stored } = cell;
      if (isSealed(stored) && !isSealedV1(stored)) return secrets.open(tenant, field, stored);
      const plain = isSealedV1(stored) ? readV1(masterKeys, cell) : stored;
      try {
        await cell.replace(await secrets.seal(tenant, field, plain));
      } catch (error) {
        onNotSealed(error instanceof Error ? error : new Error(String(error)));
      }
      return plain;
    },
  };
}

/** Whether it is sealed in any way, also in one that is not known here yet. */
export function isSealed(stored: string): boolean {
  return /^enc:v\d+:/.test(stored);
}

/**
 * Reads a secret with the sealer, or without one (no master key): then plain ones are used as they are.
 * @throws SealedSecretError
 */
export async function readSecret(sealer: SecretSealer | null, cell: SecretCell): Promise<string> {
  if (sealer !== null) return sealer.read(cell);
  if (!isSealed(cell.stored)) return cell.stored;
  throw new SealedSecretError(
    cell.tenant,
    cell.field,
    'it is encrypted; set RAMAL_MASTER_KEY to the key it was encrypted with',
  );
}

function readV1(masterKeys: MasterKeys, { tenant, field, stored, v1Place }: SecretCell): string {
  const plain = v1Place === undefined ? null : openSealedV1(masterKeys, stored, v1Place);
  if (plain === null)
    throw new SealedSecretError(tenant, field, 'it was sealed with another master key, moved or changed');
  return plain;
}
