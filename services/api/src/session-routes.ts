import { ROLE_RIGHTS, sessionRequest, sessionResponse } from '@ramal/contracts';
import type { FastifyInstance } from 'fastify';
import { refuses, replies, SECURITY } from './http-docs.ts';
import type { IssueSession } from './issue-session.ts';
import { parseInput } from './parse-input.ts';
import { type Authenticate, requireRight, toActor, toTenant } from './principal.ts';

/** `POST /v1/sessions` (R36). */
export function registerSessionRoutes(
  app: FastifyInstance,
  { authenticate, issueSession }: { authenticate: Authenticate; issueSession: IssueSession },
): void {
  app.post(
    '/v1/sessions',
    {
      schema: {
        tags: ['sessions'],
        summary: 'An agent token for a user',
        description:
          'Your server asks for it and hands it to the user’s page, which connects to `gatewayUrl`. Needs the right ' +
          '`sessions:create`, and for a `role` all of its rights.',
        security: SECURITY,
        body: sessionRequest,
        response: {
          201: replies('The token', sessionResponse),
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
    async (request, reply) => {
      const principal = await authenticate(request.headers);
      requireRight(principal, 'sessions:create');
      const { tenant: asked, user, role = 'agent' } = parseInput(sessionRequest, request.body);
      if (role !== 'agent') requireRight(principal, ...ROLE_RIGHTS[role]);
      const tenant = toTenant(principal, asked);
      const session = await issueSession({ tenant, user, role, by: toActor(principal) });
      reply.code(201);
      return session;
    },
  );
}
