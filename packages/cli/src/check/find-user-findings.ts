import { ramal as ramalSchema } from '@ramal/contracts';
import { type AuthMode, type CtiCredentials, findCredentialProblems } from '@ramal/cti';
import { type Finding, type FindingCode, tenantFinding } from './finding.ts';

/** An active user and what goes to the CTI for them; secret, only names leave this folder. */
export interface CheckedUser {
  user: string;
  credentials: CtiCredentials;
}

export interface UserFindings {
  /** Users that nothing is wrong with, in the order given. */
  complete: CheckedUser[];
  findings: Finding[];
}

/**
 * What keeps users from calling (R31). Without a known mode only the ramal is looked at.
 */
export function findUserFindings(
  users: readonly CheckedUser[],
  mode: AuthMode | null,
  onDefaultSenha: readonly string[],
): UserFindings {
  if (users.length === 0) return { complete: [], findings: [problem('no_users', {})] };
  const shared = findSharedRamals(users);
  const findings: Finding[] = [];
  const complete: CheckedUser[] = [];
  for (const user of users) {
    const own = findOne(user, mode);
    findings.push(...own);
    if (own.length === 0 && !shared.some((names) => names.includes(user.user))) complete.push(user);
  }
  findings.push(...shared.map((names) => problem('ramal_duplicated', { users: names.join(', ') })));
  if (onDefaultSenha.length > 0 && (mode === 1 || mode === 4)) {
    const values = { users: onDefaultSenha.join(', ') };
    findings.push(tenantFinding('warning', 'users_on_senha_padrao', values));
  }
  return { complete, findings };
}

function findOne({ user, credentials }: CheckedUser, mode: AuthMode | null): Finding[] {
  const findings: Finding[] = [];
  const ramal = credentials.ramal ?? '';
  if (ramal.trim() === '') findings.push(problem('user_without_ramal', { user }));
  else if (!ramalSchema.safeParse(ramal).success) findings.push(problem('user_ramal_invalid', { user }));
  if (mode === null) return findings;

  const found = findCredentialProblems(mode, credentials).filter(({ field }) => field !== 'ramal');
  const missing = found.filter(({ kind }) => kind === 'missing').map(({ field }) => field);
  if (missing.length > 0) {
    const values = { user, mode: String(mode), fields: missing.join(', ') };
    findings.push(problem('user_credentials_missing', values));
  }
  for (const { field, kind } of found) {
    if (kind === 'invalid') findings.push(problem(`user_${field}_invalid`, { user }));
  }
  return findings;
}

/** A CRM's own table may lack our unique index, and blanks around a ramal get past it. */
function findSharedRamals(users: readonly CheckedUser[]): string[][] {
  const byRamal = new Map<string, string[]>();
  for (const { user, credentials } of users) {
    const ramal = (credentials.ramal ?? '').trim();
    if (ramal !== '') byRamal.set(ramal, [...(byRamal.get(ramal) ?? []), user]);
  }
  return [...byRamal.values()].filter((names) => names.length > 1);
}

function problem(code: FindingCode, values: Readonly<Record<string, string>>): Finding {
  return tenantFinding('problem', code, values);
}
