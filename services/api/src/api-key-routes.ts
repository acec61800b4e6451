import {
  apiKeyRequest,
  apiKeyRotation,
  apiKeySecret,
  apiKeysResponse,
  apiKeyView,
  type Right,
  tenantId,
  toKeyRights,
} from '@ramal/contracts';
import { WireError } from '@ramal/runtime';
import {
  createApiKey,
  listApiKeys,
  revokeApiKey,
  rotateApiKey,
  type Store,
  type TenantLookup,
} from '@ramal/store';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { refuses, replies, SECURITY } from './http-docs.ts';
import { parseInput } from './parse-input.ts';
import {
  type Authenticate,
  type Principal,
  requireRight,
  toActor,
  toOwnTenant,
  toTenant,
} from './principal.ts';
import { requireTenant } from './tenant-access.ts';

export interface ApiKeyRoutesDeps {
  store: Store;
  lookup: TenantLookup;
  authenticate: Authenticate;
}

const keyParams = z.object({ keyId: z.uuid() });
const keysQuery = z.object({ tenant: tenantId.optional() });
const REFUSALS = ['bad_request', 'auth_required', 'auth_failed', 'forbidden', 'not_found'] as const;

/** API keys: made, listed, rotated with overlap, revoked. Nobody hands on a right that the own credential lacks. */
export function registerApiKeyRoutes(app: FastifyInstance, deps: ApiKeyRoutesDeps): void {
  const { store, lookup, authenticate } = deps;

  /** @throws WireError not_found for a key that is not there, or not for this principal to know of */
  const findKey = async (principal: Principal, keyId: string) => {
    const [key] = await listApiKeys(store, { keyId });
    const own = toOwnTenant(principal);
    if (key === undefined || (own !== null && key.tenant !== own)) {
      throw new WireError('not_found', 'no such key');
    }
    return key;
  };

  app.post(
    '/v1/api-keys',
    {
      schema: {
        tags: ['access'],
        summary: 'Make an API key',
        description:
          'Its secret is in this answer and nowhere else. Give it a `role`, or `rights` of its own, no more than ' +
          'your own credential has. Needs the right `keys:manage`.',
        security: SECURITY,
        body: apiKeyRequest,
        response: { 201: replies('The key and its secret', apiKeySecret), ...refuses(...REFUSALS) },
      },
    },
    async (request, reply) => {
      const principal = await authenticate(request.headers);
      requireRight(principal, 'keys:manage');
      const asked = parseInput(apiKeyRequest, request.body);
      const tenant = toKeyTenant(principal, asked.tenant);
      if (tenant !== null) await requireTenant(lookup, tenant);
      const { name, role = null, rights = null, expiresAt } = asked;
      requireGrantable(principal, toKeyRights(role, rights));
      const end = expiresAt === undefined ? null : new Date(expiresAt);
      if (end !== null && end.getTime() <= Date.now()) {
        throw new WireError('bad_request', 'expiresAt: must be in the future');
      }
      const grants = role === null ? { rights: (rights ?? []) as Right[] } : { role };
      const created = await createApiKey(store, { name, tenant, grants, expiresAt: end }, toActor(principal));
      reply.code(201);
      return created;
    },
  );

  app.get(
    '/v1/api-keys',
    {
      schema: {
        tags: ['access'],
        summary: 'API keys, oldest first',
        description: 'Without their secrets, which nobody has any more. Needs the right `keys:manage`.',
        security: SECURITY,
        querystring: keysQuery,
        response: { 200: replies('The keys', apiKeysResponse), ...refuses(...REFUSALS) },
      },
    },
    async (request) => {
      const principal = await authenticate(request.headers);
      requireRight(principal, 'keys:manage');
      const { tenant: asked } = parseInput(keysQuery, request.query);
      // A key of every tenant may list all of them at once.
      const tenant =
        toOwnTenant(principal) === null && asked === undefined ? undefined : toTenant(principal, asked);
      return { keys: await listApiKeys(store, { tenant }) };
    },
  );

  app.post(
    '/v1/api-keys/:keyId/rotate',
    {
      schema: {
        tags: ['access'],
        summary: 'Replace an API key',
        description:
          'Makes a new key like it; the old one goes on for `overlapSec` (a day unless told otherwise). Needs the ' +
          'right `keys:manage` and every right of the key.',
        security: SECURITY,
        params: keyParams,
        body: apiKeyRotation,
        response: { 201: replies('The new key and its secret', apiKeySecret), ...refuses(...REFUSALS) },
      },
    },
    async (request, reply) => {
      const principal = await authenticate(request.headers);
      requireRight(principal, 'keys:manage');
      const { keyId } = parseInput(keyParams, request.params);
      const { overlapSec } = parseInput(apiKeyRotation, request.body ?? {});
      const key = await findKey(principal, keyId);
      // Or a key of few rights would have the secret of one with many.
      requireGrantable(principal, new Set(key.rights as Right[]));
      const created = await rotateApiKey(
        store,
        { keyId, tenant: toOwnTenant(principal), overlapSec },
        toActor(principal),
      );
      if (created === null) throw new WireError('not_found', 'this key has ended already');
      reply.code(201);
      return created;
    },
  );

  app.delete(
    '/v1/api-keys/:keyId',
    {
      schema: {
        tags: ['access'],
        summary: 'End an API key at once',
        description: 'Needs the right `keys:manage`.',
        security: SECURITY,
        params: keyParams,
        response: { 200: replies('The key, which counts no more', apiKeyView), ...refuses(...REFUSALS) },
      },
    },
    async (request) => {
      const principal = await authenticate(request.headers);
      requireRight(principal, 'keys:manage');
      const { keyId } = parseInput(keyParams, request.params);
      await findKey(principal, keyId);
      const revoked = await revokeApiKey(
        store,
        { keyId, tenant: toOwnTenant(principal) },
        toActor(principal),
      );
      if (!revoked) throw new WireError('not_found', 'this key was revoked already');
      return findKey(principal, keyId);
    },
  );
}

/** Whose key it is to be; null for every tenant's, which takes a key of every tenant. @throws WireError */
function toKeyTenant(principal: Principal, asked: string | null | undefined): string | null {
  if (asked !== null) return toTenant(principal, asked);
  if (toOwnTenant(principal) === null) return null;
  throw new WireError('forbidden', 'this credential is for one tenant, and makes no key of every tenant');
}

/** @throws WireError forbidden */
function requireGrantable(principal: Principal, rights: ReadonlySet<Right>): void {
  const missing = [...rights].filter((right) => !principal.rights.has(right));
  if (missing.length > 0) {
    throw new WireError('forbidden', `nobody gives rights they lack: ${missing.join(', ')}`);
  }
}
