import { createHmac, randomBytes } from 'node:crypto';
import { type BasicLogin, isPassword } from '@ramal/store';

/** `busy`: it can't be told right now, and trying again may help. */
export type BasicVerdict = 'good' | 'missing' | 'wrong' | 'busy';

/** Checks HTTP Basic against scrypt hashes, each pair of user and password once: later ones pay microseconds. */
export interface BasicCheck {
  /** @param mayTry grants the hashing of a password that was not seen yet */
  check(
    logins: readonly BasicLogin[],
    authorization: string | undefined,
    mayTry: () => boolean,
  ): Promise<BasicVerdict>;
}

const MAX_REMEMBERED = 10_000;
const LONGEST_HEADER = 1_024;
/** Each takes a thread for some tens of milliseconds, and 16 MiB. */
const MOST_AT_ONCE = 2;
const MOST_WAITING = 64;

/** What was found out is remembered under a keyed hash that dies with the process: no password stays in memory. */
export function createBasicCheck(): BasicCheck {
  const key = randomBytes(32);
  // In the order of last use, oldest first; a changed hash makes another entry.
  const remembered = new Map<string, Promise<boolean>>();
  const waiting: (() => void)[] = [];
  let underWay = 0;

  const hashInTurn = async (password: string, hash: string): Promise<boolean> => {
    if (underWay < MOST_AT_ONCE) underWay += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await isPassword(password, hash);
    } finally {
      const next = waiting.shift();
      if (next === undefined) underWay -= 1;
      else next();
    }
  };

  const remember = (id: string, verdict: Promise<boolean>): Promise<boolean> => {
    remembered.delete(id);
    remembered.set(id, verdict);
    if (remembered.size > MAX_REMEMBERED) {
      for (const oldest of remembered.keys()) {
        remembered.delete(oldest);
        break;
      }
    }
    return verdict;
  };

  return {
    async check(logins, authorization, mayTry) {
      const given = toLogin(authorization);
      if (given === null) return 'missing';
      for (const { user, passwordHash } of logins) {
        if (user !== given.user) continue;
        const id = createHmac('sha256', key)
          .update(JSON.stringify([user, given.password, passwordHash]))
          .digest('base64');
        const known = remembered.get(id);
        if (known === undefined && (waiting.length >= MOST_WAITING || !mayTry())) return 'busy';
        if (await remember(id, known ?? hashInTurn(given.password, passwordHash))) return 'good';
      }
      return 'wrong';
    },
  };
}

function toLogin(authorization: string | undefined): { user: string; password: string } | null {
  if (authorization === undefined || authorization.length > LONGEST_HEADER) return null;
  const base64 = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization)?.[1];
  if (base64 === undefined) return null;
  const text = Buffer.from(base64, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? null : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
