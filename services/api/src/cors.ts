import type { FastifyInstance } from 'fastify';

/** Long enough to spare a page the question before each request. */
const PREFLIGHT_SEC = 600;

/**
 * Lets pages of these origins, and of no other, read answers (threat 8). Exact, and without credentials: a page sends
 * an agent's token itself, never a cookie, and an API key has no business in a browser.
 */
export function registerCors(app: FastifyInstance, allowedOrigins: readonly string[]): void {
  if (allowedOrigins.length === 0) return;
  app.addHook('onRequest', async (request, reply) => {
    // What is said to one origin must not be kept for another.
    reply.header('vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined || !allowedOrigins.includes(origin.toLowerCase())) return;
    reply.headers({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'Retry-After, X-Request-Id',
    });
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined)
      return;
    reply.headers({
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'Authorization, Content-Type',
      'access-control-max-age': String(PREFLIGHT_SEC),
    });
    return reply.code(204).send();
  });
}
