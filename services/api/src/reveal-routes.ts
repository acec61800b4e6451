import { callId, revealRequest, revealResponse, tenantId } from '@ramal/contracts';
import { WireError } from '@ramal/runtime';
import { appendAudit, type Queryable } from '@ramal/store';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Events } from './events.ts';
import { refuses, replies, SECURITY } from './http-docs.ts';
import { parseInput } from './parse-input.ts';
import { type Authenticate, requireRight, toActor, toUser } from './principal.ts';
import { type ReadCallEvents, toCall } from './read-call.ts';
import type { ToReadableTenant } from './readable-tenant.ts';

export interface RevealRoutesDeps {
  /** Holds the audit log. */
  store: Queryable;
  authenticate: Authenticate;
  toReadableTenant: ToReadableTenant;
  readCallEvents: ReadCallEvents;
  events: Events;
}

const callParams = z.object({ callId });
const tenantQuery = z.object({ tenant: tenantId.optional() });

/** `POST /v1/calls/{callId}/reveal`: the numbers of a call, whole, for who sees them masked elsewhere (threat 11). */
export function registerRevealRoutes(app: FastifyInstance, deps: RevealRoutesDeps): void {
  const { store, authenticate, toReadableTenant, readCallEvents, events } = deps;
  app.post(
    '/v1/calls/:callId/reveal',
    {
      schema: {
        tags: ['calls'],
        summary: 'The whole numbers of a call',
        description:
          'Each reveal is in the audit log before it is answered, with who asked and the `reason` if one is given. ' +
          'Needs the rights `numbers:reveal` and `calls:read`.',
        security: SECURITY,
        params: callParams,
        querystring: tenantQuery,
        body: revealRequest,
        response: {
          200: replies('The numbers', revealResponse),
          ...refuses(
            'bad_request',
            'auth_required',
            'auth_failed',
            'forbidden',
            'tenant_disabled',
            'not_found',
          ),
        },
      },
    },
    async (request) => {
      const principal = await authenticate(request.headers);
      requireRight(principal, 'numbers:reveal', 'calls:read');
      const params = parseInput(callParams, request.params);
      const { reason } = parseInput(revealRequest, request.body ?? {});
      const tenant = await toReadableTenant(principal, parseInput(tenantQuery, request.query).tenant);
      const user = toUser(principal, undefined, 'calls:read:any') ?? null;
      const call = toCall(await readCallEvents(tenant, params.callId), user);
      if (call === null) throw new WireError('not_found', 'no such call');
      const by = toActor(principal);
      // First the entry, then the number: what can't be written down is not shown.
      await appendAudit(store, {
        tenant,
        actor: by,
        action: 'number.revealed',
        subject: params.callId,
        ...(reason === undefined ? {} : { detail: { reason } }),
      });
      events.numberRevealed({ tenant, callId: params.callId, by });
      const { ramal, peer, origin, destination } = call;
      return { callId: params.callId, ramal, peer, origin, destination };
    },
  );
}
