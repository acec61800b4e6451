import type { IncomingHttpHeaders } from 'node:http';
import { type AgentIdentity, type AgentRole, type Right, ROLE_RIGHTS } from '@ramal/contracts';
import { type AgentAccess, WireError } from '@ramal/runtime';
import { type ApiKey, findApiKey, hashSecret, type Queryable } from '@ramal/store';
import type { Events } from './events.ts';

/** Who a request speaks for; everything it may see follows from this (I6). */
export type Principal =
  /** `tenant` null: a key of every tenant. */
  | ({ kind: 'key' } & ApiKey)
  | { kind: 'agent'; identity: AgentIdentity; role: AgentRole; rights: ReadonlySet<Right> };

/** Reads the credential of a request. @throws WireError auth_required or auth_failed */
export type Authenticate = (headers: IncomingHttpHeaders) => Promise<Principal>;

const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

export function createAuthenticate(options: {
  store: Queryable;
  access: Pick<AgentAccess, 'verify'>;
  events: Events;
}): Authenticate {
  const { store, access, events } = options;

  const authenticate: Authenticate = async (headers) => {
    const credential = readCredential(headers);
    if (credential === null) {
      throw new WireError('auth_required', 'send an API key or an agent token as Authorization: Bearer …');
    }
    if (credential.mayBeToken && JWT.test(credential.text)) {
      const { identity, role } = await access.verify(credential.text);
      return { kind: 'agent', identity, role, rights: new Set(ROLE_RIGHTS[role]) };
    }
    const key = await findApiKey(store, hashSecret(credential.text));
    if (key === null) throw new WireError('auth_failed', 'the API key is unknown, revoked or over');
    return { kind: 'key', ...key };
  };

  return async (headers) => {
    try {
      return await authenticate(headers);
    } catch (error) {
      if ((error as { code?: unknown }).code === 'auth_failed') events.authRefused();
      throw error;
    }
  };
}

function readCredential(headers: IncomingHttpHeaders): { text: string; mayBeToken: boolean } | null {
  const apiKey = headers['x-api-key'];
  if (typeof apiKey === 'string' && apiKey !== '') return { text: apiKey, mayBeToken: false };
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? [];
  return bearer === undefined ? null : { text: bearer, mayBeToken: true };
}

/** How a principal is named in the log and in the audit log. */
export function toActor(principal: Principal): string {
  return principal.kind === 'key' ? `key ${principal.name}` : `agent ${principal.identity.user}`;
}

/** @throws WireError forbidden without every one of these rights */
export function requireRight(principal: Principal, ...rights: readonly Right[]): void {
  for (const right of rights) {
    if (!principal.rights.has(right)) {
      throw new WireError('forbidden', `this credential lacks the right ${right}`);
    }
  }
}

/**
 * The tenant a request is about. It comes from the credential; a name in the request may repeat it, and
 * chooses only with a key that speaks for all of them (I6).
 * @throws WireError forbidden, or bad_request when a key of every tenant comes without a name
 */
export function toTenant(principal: Principal, asked: string | undefined): string {
  const own = toOwnTenant(principal);
  if (own === null) {
    if (asked === undefined) throw new WireError('bad_request', 'tenant: say which, this key has them all');
    return asked;
  }
  if (asked !== undefined && asked !== own) {
    throw new WireError('forbidden', 'this credential is for another tenant');
  }
  return own;
}

/** The one tenant a principal has; null for a key of every tenant. */
export function toOwnTenant(principal: Principal): string | null {
  return principal.kind === 'key' ? principal.tenant : principal.identity.tenant;
}

/** The user a principal is; null for a key. */
export function toOwnUser(principal: Principal): string | null {
  return principal.kind === 'key' ? null : principal.identity.user;
}

/**
 * The user a request is limited to: whoever is asked for with the right to `any`, else the own one.
 * @throws WireError forbidden
 */
export function toUser<Asked extends string | undefined>(
  principal: Principal,
  asked: Asked,
  any: Right,
): Asked | string {
  if (principal.rights.has(any)) return asked;
  const own = toOwnUser(principal);
  if (own === null) throw new WireError('forbidden', `this credential lacks the right ${any}`);
  if (asked !== undefined && asked !== own) {
    throw new WireError('forbidden', 'an agent token speaks for its own user alone');
  }
  return own;
}
