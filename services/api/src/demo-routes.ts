import { ramal, tenantId, userId } from '@ramal/contracts';
import { WireError } from '@ramal/runtime';
import type { Queryable } from '@ramal/store';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { IssueSession } from './issue-session.ts';
import type { PageFile } from './page-files.ts';
import { parseInput } from './parse-input.ts';
import { placeIncomingCall } from './place-incoming-call.ts';
import { toPageHeaders } from './response-headers.ts';

/** The agent page and what it needs to work without a CRM. Never where agents are real. */
export interface Demo {
  files: readonly PageFile[];
  /** Null: no incoming calls to play. */
  simulatorUrl: string | null;
}

const demoSession = z.object({ tenant: tenantId, user: userId });
const demoIncoming = z.object({ tenant: tenantId, ramal, from: z.string().max(64) });

/** Enough for any demonstration. */
const MOST_AGENTS = 500;

/** `/` and its files, and `/demo/*`: an agent signs in without an API key. */
export function registerDemoRoutes(
  app: FastifyInstance,
  deps: {
    demo: Demo;
    store: Queryable;
    issueSession: IssueSession;
    gatewayUrl: string;
    frameAncestors: readonly string[];
  },
): void {
  const { demo, store, issueSession, gatewayUrl, frameAncestors } = deps;
  const { simulatorUrl } = demo;
  const origins = [gatewayUrl, ...(simulatorUrl === null ? [] : [simulatorUrl])];
  const pageHeaders = toPageHeaders(
    origins.map((url) => new URL(url).origin),
    frameAncestors,
  );
  const schema = { hide: true };

  for (const { path, contentType, body } of demo.files) {
    app.get(path, { schema }, (_, reply) => {
      // It can name nobody who may: where some may, the policy alone speaks.
      if (frameAncestors.length > 0) reply.removeHeader('x-frame-options');
      return reply.headers({ ...pageHeaders, 'content-type': contentType }).send(body);
    });
  }

  app.get('/demo/agents', { schema }, async () => {
    const { rows } = await store.query<{
      tenant: string;
      company: string | null;
      user: string;
      displayName: string | null;
      ramal: string | null;
    }>(
      `select a.tenant, e.nome as company, a.user_name as "user", a.display_name as "displayName", a.ramal
         from agents a
         join wl_chamados_empresa e on e.tenant = a.tenant
        where a.active and e.ativo::text is distinct from '0'
        order by e.empresa_id, a.user_name
        limit $1`,
      [MOST_AGENTS],
    );
    return { agents: rows, incoming: simulatorUrl !== null };
  });

  app.post('/demo/session', { schema }, async (request, reply) => {
    const { tenant, user } = parseInput(demoSession, request.body);
    const session = await issueSession({ tenant, user, role: 'agent', by: 'the agent page' });
    reply.code(201);
    return session;
  });

  app.post('/demo/incoming', { schema }, async (request, reply) => {
    if (simulatorUrl === null) throw new WireError('not_found', 'no simulator is configured');
    const call = parseInput(demoIncoming, request.body);
    const placed = await placeIncomingCall(simulatorUrl, call);
    reply.code(202);
    return placed;
  });
}
