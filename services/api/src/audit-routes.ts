import { auditQuery, auditResponse } from '@ramal/contracts';
import { queryAuditOf, type Queryable, type TenantLookup } from '@ramal/store';
import type { FastifyInstance } from 'fastify';
import { refuses, replies, SECURITY } from './http-docs.ts';
import { parseInput } from './parse-input.ts';
import { type Authenticate, requireRight, toOwnTenant } from './principal.ts';
import type { ToReadableTenant } from './readable-tenant.ts';

export interface AuditRoutesDeps {
  /** The directory. */
  store: Queryable;
  historyOf(tenant: string): Promise<Queryable>;
  lookup: TenantLookup;
  authenticate: Authenticate;
  toReadableTenant: ToReadableTenant;
}

/** `GET /v1/audit`: who changed, read or erased what (threat 11). */
export function registerAuditRoutes(app: FastifyInstance, deps: AuditRoutesDeps): void {
  const { store, historyOf, lookup, authenticate, toReadableTenant } = deps;
  app.get(
    '/v1/audit',
    {
      schema: {
        tags: ['privacy'],
        summary: 'The audit log, newest first',
        description:
          'Needs `audit:read`. Changes of configuration, keys, revealed numbers, erasures and exports. It holds no secret and no whole telephone ' +
          'number. A key of every tenant may leave `tenant` out and reads the log of the whole installation.',
        security: SECURITY,
        querystring: auditQuery,
        response: {
          200: replies('A page', auditResponse),
          ...refuses('bad_request', 'auth_required', 'auth_failed', 'forbidden', 'not_found'),
        },
      },
    },
    async (request) => {
      const principal = await authenticate(request.headers);
      requireRight(principal, 'audit:read');
      const { tenant: asked, cursor, ...query } = parseInput(auditQuery, request.query);
      if (toOwnTenant(principal) === null && asked === undefined) {
        return toPage(await queryAuditOf({ shared: store, own: null }, { ...query, tenant: null }, cursor));
      }
      const tenant = await toReadableTenant(principal, asked);
      const company = await lookup.tenant(tenant);
      // Changes of a configuration that lies in the tenant's own database are written down there (R42).
      const own = company?.database == null ? null : await historyOf(tenant);
      const filter = { ...query, tenant, empresaId: company?.empresaId };
      return toPage(await queryAuditOf({ shared: store, own }, filter, cursor));
    },
  );
}

function toPage({ records, nextCursor }: Awaited<ReturnType<typeof queryAuditOf>>) {
  return { entries: records.map(({ id: _own, ...shown }) => shown), nextCursor };
}
