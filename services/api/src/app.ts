import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { AgentInbox, CallBus, DialIntents, DialLimiter, LivePersons, Presence } from '@ramal/bus';
import type { SubjectOf } from '@ramal/privacy';
import { type AgentAccess, type Health, type Metrics, WireError } from '@ramal/runtime';
import type { Store, TenantLookup } from '@ramal/store';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { serializerCompiler } from 'fastify-type-provider-zod';
import { registerApiKeyRoutes } from './api-key-routes.ts';
import { registerAuditRoutes } from './audit-routes.ts';
import { registerCallRoutes } from './call-routes.ts';
import { type Demo, registerDemoRoutes } from './demo-routes.ts';
import type { PublicScript } from './public-scripts.ts';
import { registerPublicScriptRoutes } from './public-script-routes.ts';
import { toErrorReply } from './errors.ts';
import type { Events } from './events.ts';
import { registerOpenApi } from './http-docs.ts';
import { createIssueSession } from './issue-session.ts';
import { registerOpsRoutes } from './ops-routes.ts';
import { registerPresenceRoutes } from './presence-routes.ts';
import { type Authenticate, createAuthenticate } from './principal.ts';
import { registerPrivacyRoutes } from './privacy-routes.ts';
import { createReadCallEvents } from './read-call.ts';
import { createReadRecord } from './read-record.ts';
import { createToReadableTenant } from './readable-tenant.ts';
import { registerCors } from './cors.ts';
import { createRequestDial } from './request-dial.ts';
import { createRequestLimits, type RequestLimits, type RequestLimitSettings } from './request-limits.ts';
import { setResponseHeaders, type WebSettings } from './response-headers.ts';
import { registerRevealRoutes } from './reveal-routes.ts';
import { registerRevocationRoutes } from './revocation-routes.ts';
import { registerSessionRoutes } from './session-routes.ts';
import { registerTimelineRoutes } from './timeline-routes.ts';

export interface AppDeps {
  /** The directory: keys, users, tenants. */
  store: Store;
  /** Where a tenant's calls are stored (R42). */
  historyOf(tenant: string): Promise<Store>;
  lookup: TenantLookup;
  bus: CallBus;
  inbox: Pick<AgentInbox, 'findPopup'>;
  intents: DialIntents;
  limiter: DialLimiter;
  presence: Presence;
  /** What Redis holds of persons, and how the audit log names them. */
  live: LivePersons;
  subjectOf: SubjectOf;
  events: Events;
  health: Health;
  /** Null: not on this port. */
  metrics: Metrics | null;
  /** Whose agent tokens are taken, and what new ones are signed with. */
  access: AgentAccess;
  tokenTtlSec: number;
  gatewayUrl: string;
  scripts: readonly PublicScript[];
  limits: RequestLimitSettings;
  web: WebSettings;
  /** Null: no agent page, no sign-in without an API key. */
  demo: Demo | null;
}

const MAX_BODY_BYTES = 64 * 1024;
const MAX_HEADER_BYTES = 16 * 1024;
const UNMATCHED = 'unmatched';
/** Asked by load balancers, all from one address; they cost next to nothing. */
const UNLIMITED = new Set(['/healthz', '/readyz']);

/** Builds the api on Fastify, ready for `listen` or `inject`. */
export async function createApp(deps: AppDeps): Promise<FastifyInstance> {
  const { events, demo, web } = deps;
  const limits = createRequestLimits(deps.limits, events);
  const app = createServer(events, limits, web);
  await registerOpenApi(app);
  const identify = createAuthenticate(deps);
  const authenticate: Authenticate = async (headers) => {
    const principal = await identify(headers);
    limits.ofPrincipal(principal);
    return principal;
  };
  const issueSession = createIssueSession(deps);
  registerSessionRoutes(app, {
    issueSession,
    authenticate: async (headers) => {
      const principal = await authenticate(headers);
      limits.ofSession(principal);
      return principal;
    },
  });
  const toReadableTenant = createToReadableTenant(deps);
  const readCallEvents = createReadCallEvents(deps);
  registerCallRoutes(app, {
    ...deps,
    authenticate,
    toReadableTenant,
    requestDial: createRequestDial(deps),
    readCallEvents,
  });
  registerRevealRoutes(app, { ...deps, authenticate, toReadableTenant, readCallEvents });
  registerTimelineRoutes(app, {
    authenticate,
    toReadableTenant,
    readRecord: createReadRecord(deps),
    events,
  });
  registerPresenceRoutes(app, { ...deps, authenticate, toReadableTenant });
  registerApiKeyRoutes(app, { ...deps, authenticate });
  registerRevocationRoutes(app, { ...deps, authenticate });
  registerAuditRoutes(app, { ...deps, authenticate, toReadableTenant });
  registerPrivacyRoutes(app, {
    authenticate,
    toReadableTenant,
    privacy: { ...deps, directory: deps.store },
    events,
  });
  registerOpsRoutes(app, deps);
  registerPublicScriptRoutes(app, deps.scripts);
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  if (demo === null) {
    app.get('/', { schema: { hide: true } }, () => ({ name: 'ramal-api', openapi: '/openapi.json' }));
  } else {
    registerDemoRoutes(app, { ...deps, demo, issueSession, frameAncestors: web.frameAncestors });
  }
  await app.ready();
  return app;
}

function createServer(
  events: Events,
  limits: RequestLimits,
  { allowedOrigins, hstsSec }: WebSettings,
): FastifyInstance {
  const answerError = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const { status, headers, body, unexpected } = toErrorReply(error);
    if (unexpected) {
      events.requestFailed({ requestId: request.id, method: request.method, route: toRoute(request), error });
    }
    return reply.code(status).headers(headers).send(body);
  };
  const app = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    // Who sends a request a byte at a time is looked for every two seconds.
    http: { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: 10_000, connectionsCheckingInterval: 2_000 },
    requestTimeout: 10_000,
    connectionTimeout: 30_000,
    keepAliveTimeout: 65_000,
    trustProxy: false,
    // Our own hook below does it, in the shape of all other errors.
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => {
      setResponseHeaders(request, reply, hstsSec);
      void answerError(error, request, reply);
    },
  });
  // JSON is all we read.
  app.removeContentTypeParser('text/plain');
  // Schemas document; what comes in is checked in the handlers, by parseInput.
  app.setValidatorCompiler(() => (value) => ({ value }));
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) =>
    answerError(new WireError('not_found', 'no such address; see /openapi.json'), request, reply),
  );
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onRequest', async (request, reply) => {
    setResponseHeaders(request, reply, hstsSec);
    if (closing) throw new WireError('unavailable', 'this process is stopping; ask again');
  });
  // Before anything that may refuse: a page must be able to read why.
  registerCors(app, allowedOrigins);
  app.addHook('onRequest', async (request) => {
    if (!UNLIMITED.has(toRoute(request))) limits.ofAddress(request.ip, request.headers);
  });
  app.addHook('onResponse', async (request, reply) => {
    events.requestAnswered({
      requestId: request.id,
      method: request.method,
      route: toRoute(request),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    });
  });
  return app;
}

/** The template of the route: a raw URL may hold anything. */
function toRoute(request: FastifyRequest): string {
  return request.routeOptions.url ?? UNMATCHED;
}

const BROKEN_STATUSES: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

/** Bytes that are no HTTP, or come too slowly: there is no request to answer, only a socket. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code !== 'ECONNRESET' && socket.writable) {
    const status = BROKEN_STATUSES[error.code ?? ''] ?? '400 Bad Request';
    const body = JSON.stringify({
      error: new WireError('bad_request', 'the request can’t be read').toData(),
    });
    socket.write(
      `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  }
  socket.destroySoon();
}
