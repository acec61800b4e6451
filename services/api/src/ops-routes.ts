import { type Health, type Metrics, toHealthReport } from '@ramal/runtime';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { replies } from './http-docs.ts';

const healthReport = z.object({ ok: z.boolean(), checks: z.record(z.string(), z.string()) });

/** Health on the api's own port, for load balancers; `metrics` null keeps those on the operations port. */
export function registerOpsRoutes(
  app: FastifyInstance,
  { health, metrics }: { health: Health; metrics: Metrics | null },
): void {
  const report = async (reply: FastifyReply, checks: Health['live']) => {
    const result = await toHealthReport(checks);
    reply.code(result.ok ? 200 : 503);
    return result;
  };
  const schema = (summary: string) => ({
    tags: ['operations'],
    summary,
    response: { 200: replies('Yes', healthReport), 503: replies('No, and why', healthReport) },
  });
  app.get('/healthz', { schema: schema('Does the process make progress?') }, (_, reply) =>
    report(reply, health.live),
  );
  app.get('/readyz', { schema: schema('Can it serve right now?') }, (_, reply) =>
    report(reply, health.ready),
  );
  if (metrics !== null) {
    app.get('/metrics', { schema: { hide: true } }, async (_, reply) => {
      reply.type(metrics.contentType);
      return metrics.render();
    });
  }
}
