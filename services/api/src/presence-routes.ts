import type { AgentConnection, Presence } from '@ramal/bus';
import { presenceQuery, presenceResponse, ramal } from '@ramal/contracts';
import { type Agent, findAgent, listAgents, type Queryable } from '@ramal/store';
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { refuses, replies, SECURITY } from './http-docs.ts';
import { maskNumbersIn } from '@ramal/calls';
import { parseInput } from './parse-input.ts';
import { type Authenticate, requireRight } from './principal.ts';
import type { ToReadableTenant } from './readable-tenant.ts';

export interface PresenceRoutesDeps {
  /** The directory, which has the users of all tenants. */
  store: Queryable;
  presence: Presence;
  authenticate: Authenticate;
  toReadableTenant: ToReadableTenant;
}

/** `GET /v1/presence`: who is logged in, where, since when (R44). */
export function registerPresenceRoutes(app: FastifyInstance, deps: PresenceRoutesDeps): void {
  const { store, presence, authenticate, toReadableTenant } = deps;

  app.get(
    '/v1/presence',
    {
      schema: {
        tags: ['agents'],
        summary: 'Who is logged in',
        description:
          'Exact at this moment. A socket that broke counts for up to 45 s more, as `open: false`; those of a ' +
          'gateway that died, for as long as its lease lasts, 45 s at most. Needs the right `presence:read`.',
        security: SECURITY,
        querystring: presenceQuery,
        response: {
          200: replies('The users who are logged in, by name', presenceResponse),
          ...refuses('bad_request', 'auth_required', 'auth_failed', 'forbidden', 'not_found'),
        },
      },
    },
    async (request) => {
      const principal = await authenticate(request.headers);
      requireRight(principal, 'presence:read');
      const query = parseInput(presenceQuery, request.query);
      const tenant = await toReadableTenant(principal, query.tenant);
      const agents = await findAgents(store, tenant, query.user);
      const connections = await presence.list(
        tenant,
        agents.map(({ user }) => user),
      );
      return {
        agents: agents.flatMap((agent) => {
          const found = connections.get(agent.user);
          if (found === undefined) return [];
          const present = toPresentAgent(agent, found);
          // An extension may be a telephone number that anybody can call.
          return [principal.rights.has('numbers:show') ? present : maskRamal(present)];
        }),
      };
    },
  );
}

async function findAgents(store: Queryable, tenant: string, user: string | undefined): Promise<Agent[]> {
  if (user === undefined) return listAgents(store, tenant);
  const agent = await findAgent(store, tenant, user);
  return agent === null ? [] : [agent];
}

function maskRamal<Agent extends { ramal: string | null }>(agent: Agent): Agent {
  return { ...agent, ramal: agent.ramal === null ? null : maskNumbersIn(agent.ramal) };
}

/** @param connections the oldest one first, at least one */
function toPresentAgent(
  agent: Agent,
  connections: readonly AgentConnection[],
): z.input<typeof presenceResponse>['agents'][number] {
  // An extension that no telephone could have is none.
  const extension = ramal.safeParse(agent.ramal);
  const shown = connections.map(({ gateway, sinceMs, open }) => ({
    gateway,
    since: new Date(sinceMs).toISOString(),
    open,
  }));
  return {
    user: agent.user,
    ramal: extension.success ? extension.data : null,
    since: shown[0]?.since ?? new Date().toISOString(),
    connections: shown,
  };
}
