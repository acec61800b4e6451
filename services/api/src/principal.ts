import type { IncomingHttpHeaders } from 'node:http';
import type { AgentIdentity } from '@ramal/contracts';
import { verifyAgentToken, WireError } from '@ramal/runtime';
import { findApiKey, hashSecret, type Queryable } from '@ramal/store';
import type { Events } from './events.ts';

/** Who a request speaks for; everything it may see follows from this (I6). */
export type Principal =
  /** `tenant` null: a key of every tenant. */
  { kind: 'key'; name: string; tenant: string | null } | { kind: 'agent'; identity: AgentIdentity };

/** Reads the credential of a request. @throws WireError auth_required or auth_failed */
export type Authenticate = (headers: IncomingHttpHeaders) => Promise<Principal>;

const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

export function createAuthenticate(options: {
  store: Queryable;
  agentTokenSecret: string;
  events: Events;
}): Authenticate {
  const { store, agentTokenSecret, events } = options;

  const authenticate: Authenticate = async (headers) => {
    const credential = readCredential(headers);
    if (credential === null) {
      throw new WireError('auth_required', 'send an API key or an agent token as Authorization: Bearer …');
    }
    if (credential.mayBeToken && JWT.test(credential.text)) {
      const { identity } = await verifyAgentToken(credential.text, agentTokenSecret);
      return { kind: 'agent', identity };
    }
    const key = await findApiKey(store, hashSecret(credential.text));
    if (key === null) throw new WireError('auth_failed', 'the API key is unknown or revoked');
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

/** How a principal is named in the log. */
export function toActor(principal: Principal): string {
  return principal.kind === 'key' ? `key ${principal.name}` : `agent ${principal.identity.user}`;
}

/** @throws WireError forbidden for an agent token */
export function requireKey(principal: Principal): asserts principal is Principal & { kind: 'key' } {
  if (principal.kind !== 'key') throw new WireError('forbidden', 'this takes an API key, not an agent token');
}

/**
 * The tenant a request is about. It comes from the credential; a name in the request may repeat it, and
 * chooses only with a key that speaks for all of them (I6).
 * @throws WireError forbidden, or bad_request when a key of every tenant comes without a name
 */
export function toTenant(principal: Principal, asked: string | undefined): string {
  const own = principal.kind === 'key' ? principal.tenant : principal.identity.tenant;
  if (own === null) {
    if (asked === undefined) throw new WireError('bad_request', 'tenant: say which, this key has them all');
    return asked;
  }
  if (asked !== undefined && asked !== own) {
    throw new WireError('forbidden', 'this credential is for another tenant');
  }
  return own;
}

/** The user a request is limited to: an agent's own, whatever a key asks for. @throws WireError forbidden */
export function toUser<Asked extends string | undefined>(principal: Principal, asked: Asked): Asked | string {
  if (principal.kind === 'key') return asked;
  const { user } = principal.identity;
  if (asked !== undefined && asked !== user) {
    throw new WireError('forbidden', 'an agent token speaks for its own user alone');
  }
  return user;
}
