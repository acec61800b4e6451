import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';

/** One thing a service needs in order to do its work. */
export interface HealthCheck {
  name: string;
  /** Null when well, else what is wrong, in words for an operator. */
  check(): Promise<string | null> | string | null;
}

export interface Health {
  /** Liveness: is the process making progress? A restart is the cure when not. */
  live: readonly HealthCheck[];
  /** Readiness: can it serve right now? A load balancer takes it out when not. */
  ready: readonly HealthCheck[];
}

export interface HealthReport {
  ok: boolean;
  checks: Record<string, string>;
}

const CHECK_TIMEOUT_MS = 2_000;

/** Runs the checks side by side, each bounded in time: a hanging dependency is a failed check. */
export async function toHealthReport(checks: readonly HealthCheck[]): Promise<HealthReport> {
  const results = await Promise.all(
    checks.map(async ({ name, check }) => {
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<string>((resolve) => {
        timer = setTimeout(() => resolve(`no answer in ${CHECK_TIMEOUT_MS} ms`), CHECK_TIMEOUT_MS);
      });
      const checked = Promise.resolve()
        .then(check)
        .catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
      const problem = await Promise.race([checked, timeout]);
      clearTimeout(timer);
      return [name, problem ?? 'ok'] as const;
    }),
  );
  return { ok: results.every(([, state]) => state === 'ok'), checks: Object.fromEntries(results) };
}

/** Serves `/healthz`, `/readyz` (200 or 503, JSON) and `/metrics` (Prometheus text). */
export async function startOpsServer(options: {
  host: string;
  port: number;
  health: Health;
  metrics: Metrics;
}): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    answer(request, response, options.health, options.metrics).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.requestTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  health: Health,
  metrics: Metrics,
): Promise<void> {
  switch (request.url?.split('?')[0]) {
    case '/healthz':
      return sendReport(response, await toHealthReport(health.live));
    case '/readyz':
      return sendReport(response, await toHealthReport(health.ready));
    case '/metrics':
      response.writeHead(200, { 'content-type': metrics.contentType });
      response.end(await metrics.render());
      return;
    default:
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(
        '{"error":{"code":"not_found","message":"try /healthz, /readyz or /metrics","retryable":false}}',
      );
  }
}

function sendReport(response: ServerResponse, report: HealthReport): void {
  response.writeHead(report.ok ? 200 : 503, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
  });
  response.end(JSON.stringify(report));
}
