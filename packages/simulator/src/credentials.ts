import type { Account, AccountUser } from './account.ts';

/** What of an originate can carry credentials (R31). */
export interface PresentedCredentials {
  authorization: string | undefined;
  tokenHeader: string | undefined;
  query: URLSearchParams;
}

/** Byte for byte, so that a wrong charset or padding is refused as real CTIs refuse it. */
function isBasicOf(user: AccountUser, authorization: string | undefined): boolean {
  if (!user.agente || !user.senha) return false;
  return authorization === `Basic ${Buffer.from(`${user.agente}:${user.senha}`, 'utf8').toString('base64')}`;
}

function isUser(account: Account, user: AccountUser, presented: PresentedCredentials): boolean {
  const hasToken = (token: string | undefined) => user.token !== '' && token === user.token;
  switch (account.auth) {
    case 0:
      return true;
    case 1:
      return isBasicOf(user, presented.authorization);
    case 2:
      return hasToken(presented.tokenHeader);
    case 3:
      // The last one counts: the API's address may hold a variable of the same name already (R7).
      return hasToken(presented.query.getAll('token').at(-1));
    case 4:
      return isBasicOf(user, presented.authorization) && hasToken(presented.tokenHeader);
    default:
      return account.auth satisfies never;
  }
}

/**
 * Finds whose credentials an originate carries among accounts that share its path (R31). Where several
 * accounts know them, the one with the calling extension wins, then the first; accounts that ask for no
 * credentials come last.
 */
export function findAuthorizedAccount(
  candidates: readonly Account[],
  presented: PresentedCredentials,
): Account | null {
  const ranked = candidates.flatMap((account) => {
    if (!account.users.some((user) => isUser(account, user, presented)) && account.auth !== 0) return [];
    const origin = presented.query.get(account.originName);
    const knowsRamal = account.users.some((user) => user.ramal === origin);
    return [{ account, rank: (account.auth === 0 ? 2 : 0) + (knowsRamal ? 0 : 1) }];
  });
  ranked.sort((a, b) => a.rank - b.rank);
  return ranked[0]?.account ?? null;
}
