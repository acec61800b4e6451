import {
  callId,
  callsQuery,
  callsResponse,
  dialRequest,
  dialResponse,
  historyCall,
  tenantId,
} from '@ramal/contracts';
import { WireError } from '@ramal/runtime';
import { queryCalls, type Queryable } from '@ramal/store';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Events } from './events.ts';
import { callTrail, refuses, replies, SECURITY } from './http-docs.ts';
import { maskCall, maskEvent } from './mask-call.ts';
import { requireSearchable, seesNumbersIn, seesNumbersOf } from './number-sight.ts';
import { parseInput } from './parse-input.ts';
import { type Authenticate, requireRight, toActor, toTenant, toUser } from './principal.ts';
import { type ReadCallEvents, toCall, toHistoryCall } from './read-call.ts';
import type { ToReadableTenant } from './readable-tenant.ts';
import type { RequestDial } from './request-dial.ts';

export interface CallRoutesDeps {
  historyOf(tenant: string): Promise<Queryable>;
  events: Events;
  authenticate: Authenticate;
  toReadableTenant: ToReadableTenant;
  requestDial: RequestDial;
  readCallEvents: ReadCallEvents;
}

const callParams = z.object({ callId });
const tenantQuery = z.object({ tenant: tenantId.optional() });

/** `POST /v1/calls` (R37) and the history: a list, one call, its trail. */
export function registerCallRoutes(app: FastifyInstance, deps: CallRoutesDeps): void {
  const { historyOf, events, authenticate, toReadableTenant, requestDial, readCallEvents } = deps;

  app.post(
    '/v1/calls',
    {
      schema: {
        tags: ['calls'],
        summary: 'Dial for a user',
        description:
          'Answers as soon as the dial is recorded. Send an `intentId` of your own: the same one again, with the ' +
          'same number, gives the same answer and never a second call. Takes an agent token for its own user. Needs ' +
          'the right `calls:dial`, and `calls:dial:any` for another user.',
        security: SECURITY,
        body: dialRequest,
        response: {
          202: replies('Recorded, and on its way to the telephone system', dialResponse),
          ...refuses(
            'bad_request',
            'auth_required',
            'auth_failed',
            'forbidden',
            'tenant_disabled',
            'not_found',
            'cti_disabled',
            'ramal_missing',
            'intent_conflict',
          ),
        },
      },
    },
    async (request, reply) => {
      const principal = await authenticate(request.headers);
      requireRight(principal, 'calls:dial');
      const dial = parseInput(dialRequest, request.body);
      const tenant = toTenant(principal, dial.tenant);
      const user = toUser(principal, dial.user, 'calls:dial:any');
      const answer = await requestDial({ ...dial, tenant, user }, toActor(principal));
      reply.code(202);
      return answer;
    },
  );

  app.get(
    '/v1/calls',
    {
      schema: {
        tags: ['calls'],
        summary: 'Calls, newest first',
        description:
          'Hand `nextCursor` back as `cursor` for the next page. An agent token lists its own calls. Needs the right ' +
          '`calls:read`, and `calls:read:any` for calls of others; without `numbers:show` numbers show their last 4 ' +
          'digits, and `number` may hold no more than 4.',
        security: SECURITY,
        querystring: callsQuery,
        response: {
          200: replies('A page', callsResponse),
          ...refuses('bad_request', 'auth_required', 'auth_failed', 'forbidden', 'not_found'),
        },
      },
    },
    async (request) => {
      const principal = await authenticate(request.headers);
      requireRight(principal, 'calls:read');
      const query = parseInput(callsQuery, request.query);
      const tenant = await toReadableTenant(principal, query.tenant);
      const user = toUser(principal, query.user, 'calls:read:any');
      requireSearchable(principal, query.number, user);
      const page = await queryCalls(await historyOf(tenant), { ...query, tenant, user });
      const calls = page.calls.map((call) => (seesNumbersOf(principal, call.user) ? call : maskCall(call)));
      return { ...page, calls };
    },
  );

  app.get(
    '/v1/calls/:callId',
    {
      schema: {
        tags: ['calls'],
        summary: 'One call',
        description:
          'As fresh as can be, from the moment it was dialled. An agent token finds its own calls. Rights as for the ' +
          'list.',
        security: SECURITY,
        params: callParams,
        querystring: tenantQuery,
        response: {
          200: replies('The call', historyCall),
          ...refuses('bad_request', 'auth_required', 'auth_failed', 'forbidden', 'not_found'),
        },
      },
    },
    async (request) => {
      const principal = await authenticate(request.headers);
      requireRight(principal, 'calls:read');
      const params = parseInput(callParams, request.params);
      const tenant = await toReadableTenant(principal, parseInput(tenantQuery, request.query).tenant);
      const user = toUser(principal, undefined, 'calls:read:any') ?? null;
      const facts = await readCallEvents(tenant, params.callId);
      const call = toCall(facts, user);
      if (call === null) throw new WireError('not_found', 'no such call');
      const whole = toHistoryCall(tenant, call);
      return seesNumbersIn(principal, facts) ? whole : maskCall(whole);
    },
  );

  app.get(
    '/v1/calls/:callId/events',
    {
      schema: {
        tags: ['calls'],
        summary: 'Everything that is known about a call',
        description:
          'From the click to the last pop-up that was seen, in the order it happened. Needs the rights `calls:trail` ' +
          'and `calls:read:any`; without `numbers:show` numbers show their last 4 digits.',
        security: SECURITY,
        params: callParams,
        querystring: tenantQuery,
        response: {
          200: replies('The trail', callTrail),
          ...refuses('bad_request', 'auth_required', 'auth_failed', 'forbidden', 'not_found'),
        },
      },
    },
    async (request) => {
      const principal = await authenticate(request.headers);
      requireRight(principal, 'calls:trail', 'calls:read:any');
      const params = parseInput(callParams, request.params);
      const tenant = await toReadableTenant(principal, parseInput(tenantQuery, request.query).tenant);
      const facts = await readCallEvents(tenant, params.callId);
      events.trailRead({ tenant, callId: params.callId, by: toActor(principal) });
      return {
        callId: params.callId,
        events: seesNumbersIn(principal, facts) ? facts : facts.map(maskEvent),
      };
    },
  );
}
