import type { AuthMode } from '@ramal/cti';
import {
  findAgentCredentials,
  listAgents,
  listUsersOnDefaultSenha,
  readCompanySecret,
  type Tenant,
} from '@ramal/store';
import type { Directory } from '../open-directory.ts';
import type { CheckedUser } from './find-user-findings.ts';

/**
 * The tenant's active users with what would go to the CTI for them, senha_padrao standing in as it does for a call
 * (R42). It is read only where the mode needs it: it may be sealed with a key that isn't at hand.
 */
export async function readCheckedUsers(
  { store, sealer }: Pick<Directory, 'store' | 'sealer'>,
  company: Tenant,
  mode: AuthMode | null,
): Promise<{ users: CheckedUser[]; onDefaultSenha: string[] }> {
  const onDefaultSenha = mode === 1 || mode === 4 ? await listUsersOnDefaultSenha(store, company.tenant) : [];
  const senhaPadrao =
    onDefaultSenha.length > 0 ? await readCompanySecret(store, sealer, company, 'senha_padrao') : null;
  const users: CheckedUser[] = [];
  for (const { user, active } of await listAgents(store, company.tenant)) {
    if (!active) continue;
    const own = await findAgentCredentials(store, sealer, company.tenant, user);
    users.push({ user, credentials: { ...own, senha: own?.senha ?? senhaPadrao } });
  }
  return { users, onDefaultSenha };
}
