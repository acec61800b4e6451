import { revocationRequest, revocationsResponse, revocationView, tenantId } from '@ramal/contracts';
import { WireError } from '@ramal/runtime';
import { listRevocations, revokeAccess, type Store, type TenantLookup } from '@ramal/store';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { refuses, replies, SECURITY } from './http-docs.ts';
import { parseInput } from './parse-input.ts';
import { type Authenticate, requireRight, toActor, toOwnTenant, toTenant } from './principal.ts';
import { requireTenant } from './tenant-access.ts';

export interface RevocationRoutesDeps {
  store: Store;
  lookup: TenantLookup;
  authenticate: Authenticate;
}

const revocationsQuery = z.object({ tenant: tenantId.optional() });
const REFUSALS = ['bad_request', 'auth_required', 'auth_failed', 'forbidden', 'not_found'] as const;

/** Ends tokens before their time (threat 7): an agent's, a tenant's, everybody's. */
export function registerRevocationRoutes(app: FastifyInstance, deps: RevocationRoutesDeps): void {
  const { store, lookup, authenticate } = deps;

  app.post(
    '/v1/access/revocations',
    {
      schema: {
        tags: ['access'],
        summary: 'End agents’ tokens',
        description:
          'Every token of the user, or without a `user` of the tenant, that was issued before `before` (now, unless ' +
          'told otherwise) is refused from now on, and its sockets are closed with 4002 within 2 s. `everyone` takes ' +
          'a key of every tenant. API keys are not touched. Needs the right `access:revoke`.',
        security: SECURITY,
        body: revocationRequest,
        response: { 201: replies('What is refused from now on', revocationView), ...refuses(...REFUSALS) },
      },
    },
    async (request, reply) => {
      const principal = await authenticate(request.headers);
      requireRight(principal, 'access:revoke');
      const asked = parseInput(revocationRequest, request.body);
      const { user = null, everyone, before, reason = null } = asked;
      if (everyone === true && toOwnTenant(principal) !== null) {
        throw new WireError('forbidden', 'this credential is for one tenant');
      }
      const tenant = everyone === true ? null : toTenant(principal, asked.tenant);
      if (tenant !== null) await requireTenant(lookup, tenant);
      reply.code(201);
      return revokeAccess(
        store,
        { tenant, user, before: before === undefined ? null : new Date(before), reason },
        toActor(principal),
      );
    },
  );

  app.get(
    '/v1/access/revocations',
    {
      schema: {
        tags: ['access'],
        summary: 'What was revoked, newest first',
        description: 'Needs the right `access:revoke`.',
        security: SECURITY,
        querystring: revocationsQuery,
        response: {
          200: replies('The revocations that stand', revocationsResponse),
          ...refuses(...REFUSALS),
        },
      },
    },
    async (request) => {
      const principal = await authenticate(request.headers);
      requireRight(principal, 'access:revoke');
      const { tenant: asked } = parseInput(revocationsQuery, request.query);
      const tenant =
        toOwnTenant(principal) === null && asked === undefined ? undefined : toTenant(principal, asked);
      return { revocations: await listRevocations(store, tenant) };
    },
  );
}
