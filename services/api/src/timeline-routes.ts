import { type CallEvent, callId, tenantId, timelineResponse } from '@ramal/contracts';
import { WireError } from '@ramal/runtime';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { buildTimeline } from './build-timeline.ts';
import type { Events } from './events.ts';
import { refuses, replies, SECURITY } from './http-docs.ts';
import { seesNumbersIn } from './number-sight.ts';
import { parseInput } from './parse-input.ts';
import { type Authenticate, type Principal, requireRight, toActor, toUser } from './principal.ts';
import type { ToReadableTenant } from './readable-tenant.ts';
import { toCall } from './read-call.ts';
import type { ReadRecord } from './read-record.ts';
import type { Viewer } from './timeline-view.ts';

export interface TimelineRoutesDeps {
  authenticate: Authenticate;
  toReadableTenant: ToReadableTenant;
  readRecord: ReadRecord;
  events: Events;
}

const callParams = z.object({ callId });
const tenantQuery = z.object({ tenant: tenantId.optional() });

/** `GET /v1/calls/{callId}/timeline`: the call step by step, and what became of its pop-ups. */
export function registerTimelineRoutes(app: FastifyInstance, deps: TimelineRoutesDeps): void {
  const { authenticate, toReadableTenant, readRecord, events } = deps;
  app.get(
    '/v1/calls/:callId/timeline',
    {
      schema: {
        tags: ['calls'],
        summary: 'A call step by step',
        description:
          'From the click to the last pop-up, oldest step first, and what became of each pop-up. Facts are there at ' +
          'once, the steps between them about a second later; some may be missing after a failure. An agent token ' +
          'sees its own steps of its own calls, and nothing of the CTI; to a key of every tenant, and without the right ' +
          '`numbers:show`, numbers show their last 4 digits. Rights as for the list of calls.',
        security: SECURITY,
        params: callParams,
        querystring: tenantQuery,
        response: {
          200: replies('The timeline', timelineResponse),
          ...refuses(
            'bad_request',
            'auth_required',
            'auth_failed',
            'forbidden',
            'not_found',
            'tenant_disabled',
          ),
        },
      },
    },
    async (request) => {
      const principal = await authenticate(request.headers);
      requireRight(principal, 'calls:read');
      const params = parseInput(callParams, request.params);
      const tenant = await toReadableTenant(principal, parseInput(tenantQuery, request.query).tenant);
      const record = await readRecord(tenant, params.callId);
      const facts = record.events.map(({ event }) => event);
      const user = toUser(principal, undefined, 'calls:read:any') ?? null;
      if (toCall(facts, user) === null) throw new WireError('not_found', 'no such call');
      events.trailRead({ tenant, callId: params.callId, by: toActor(principal) });
      return buildTimeline(record, toViewer(principal, user, facts));
    },
  );
}

/** @param user the one whose steps alone may be seen */
function toViewer(principal: Principal, user: string | null, facts: readonly CallEvent[]): Viewer {
  if (user !== null) return { kind: 'agent', user };
  const isOperator = principal.kind === 'key' && principal.tenant === null;
  return { kind: isOperator || !seesNumbersIn(principal, facts) ? 'operator' : 'company' };
}
