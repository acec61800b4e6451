import type { CtiInspection } from '@ramal/cti';
import { findTenant, hasCallbackToken, readCtiRows, type Tenant } from '@ramal/store';
import { explainError } from '../explain-error.ts';
import type { Directory } from '../open-directory.ts';
import { type ExampleRequest, toExampleRequest } from './example-request.ts';
import { findAddressFindings } from './find-address-findings.ts';
import { findRowFindings, type RowFindings } from './find-row-findings.ts';
import { type CheckedUser, findUserFindings } from './find-user-findings.ts';
import { type Finding, type FindingCode, tenantFinding } from './finding.ts';
import { readCheckedUsers } from './read-checked-users.ts';

export interface TenantCheck {
  findings: Finding[];
  /** Of the first complete user, where the configuration is sound; null otherwise. */
  example: ExampleRequest | null;
}

/** Everything that is wrong with a tenant, in one list: its company, its rows, its users, its callbacks. */
export async function checkTenant(directory: Directory, name: string): Promise<TenantCheck> {
  const tenant = await findTenant(directory.store, name);
  if (tenant === null) return { findings: [problem('tenant_unknown', { tenant: name })], example: null };

  const rows = await readRowFindings(directory, tenant);
  const mode = rows.inspection?.authMode ?? null;
  const { users, onDefaultSenha } = await readCheckedUsers(directory, tenant, mode);
  const userFindings = findUserFindings(users, mode, onDefaultSenha);
  const tokenFindings = (await hasCallbackToken(directory.store, name)) ? [] : [problem('no_callback_token')];
  const { example, findings: numberFindings } = findExample(rows.config, userFindings.complete[0]);
  return {
    findings: [
      ...(tenant.active ? [] : [problem('tenant_inactive')]),
      ...rows.findings,
      ...findAddressFindings(rows.config, directory.readPolicy()),
      ...numberFindings,
      ...userFindings.findings,
      ...tokenFindings,
    ],
    example,
  };
}

/** A tenant's own database may be away: the rest is still looked at (R42). */
async function readRowFindings(
  directory: Directory,
  tenant: Tenant,
): Promise<Pick<RowFindings, 'config' | 'findings'> & { inspection: CtiInspection | null }> {
  let rows: Awaited<ReturnType<typeof readCtiRows>>;
  try {
    rows = await readCtiRows(await directory.storeOf(tenant), tenant.empresaId);
  } catch (error) {
    if (tenant.database === null) throw error;
    const reason = explainError(error).join(' ');
    return { inspection: null, config: null, findings: [problem('own_database_unusable', { reason })] };
  }
  return findRowFindings(rows, tenant.empresaId);
}

function findExample(
  config: RowFindings['config'],
  user: CheckedUser | undefined,
): { example: ExampleRequest | null; findings: Finding[] } {
  if (config === null || user === undefined) return { example: null, findings: [] };
  const example = toExampleRequest(config, user);
  return example === null
    ? { example, findings: [problem('external_not_diallable')] }
    : { example, findings: [] };
}

function problem(code: FindingCode, values: Readonly<Record<string, string>> = {}): Finding {
  return tenantFinding('problem', code, values);
}
