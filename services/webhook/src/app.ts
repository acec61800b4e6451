import type { CallbackKind } from '@ramal/calls';
import { WireError } from '@ramal/runtime';
import type { TenantProfile } from '@ramal/store';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type CallbackDoor, toBody, toQuery } from './callback-door.ts';
import { CallerRefusedError } from './callback-guard.ts';
import { type ConnectionLimits, limitConnections } from './connection-limits.ts';
import { toWireError } from './errors.ts';
import type { Events } from './events.ts';
import type { CallbackIngest } from './ingest-callback.ts';
import type { RefusalNote } from './note-refusal.ts';
import type { RamalState } from './ramal-state.ts';
import { readVariables } from './read-variables.ts';
import { sendReplyBody } from './send-reply-body.ts';
import { addWconnectRoutes } from './wconnect-routes.ts';

export interface AppDeps {
  door: CallbackDoor;
  ingest: CallbackIngest;
  readRamalState(profile: TenantProfile, ramal: string): Promise<RamalState>;
  noteRefusal?: RefusalNote | undefined;
  events: Events;
  maxBodyBytes: number;
  /** From the first byte of a request to its last, in ms: who sends slower is cut off (threat 9). */
  requestTimeoutMs: number;
  connections: ConnectionLimits;
  /** True from the moment a stop begins; requests are still answered then. */
  isStopping(): boolean;
  /** See `WconnectDeps`. */
  publicUrl: string | undefined;
}

const XML_TYPE = /^(?:text|application)\/(?:[a-z0-9.+-]+\+)?xml/i;
/** The request line with its query, and all headers. */
const MAX_HEADER_BYTES = 16 * 1024;
/** The same call takes more room in SOAP. */
const MAX_XML_BYTES = 256 * 1024;

const KINDS: readonly string[] = ['incoming', 'answered', 'ended', 'recording'] satisfies CallbackKind[];

const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+*-]+ *(?:;|$)/;

interface CallbackRoute {
  Params: { token: string; kind: string };
}

/** The callback routes, `GET|POST /v1/cti/{callbackToken}/{incoming|answered|ended|recording}`, and `/wconnect/*`. */
export function createApp(deps: AppDeps): FastifyInstance {
  const { door, ingest, events } = deps;
  const refuse = (request: FastifyRequest, reply: FastifyReply, error: WireError) => {
    events.refused({ code: error.code, route: request.routeOptions.url ?? 'none' });
    if (error.retryable) reply.header('retry-after', '1');
    if (error instanceof CallerRefusedError && error.reason.startsWith('basic_')) {
      reply.header('www-authenticate', 'Basic realm="callbacks"');
    }
    return reply.code(error.httpStatus).send({ error: error.toData() });
  };

  const app = Fastify({
    logger: false,
    // Addresses that can't be read have no route, so no error handler of ours would see them.
    frameworkErrors: (error, request, reply) => void refuse(request, reply, toWireError(error)),
    bodyLimit: deps.maxBodyBytes,
    requestTimeout: deps.requestTimeoutMs,
    // Silence, also of one that connects and never asks, or asks and never reads.
    connectionTimeout: 15_000,
    keepAliveTimeout: 65_000,
    return503OnClosing: true,
    // A HEAD that somebody probes an address with must not be stored as a call.
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 200 },
    http: {
      headersTimeout: deps.requestTimeoutMs,
      // By default nobody looks for 30 s whether somebody is late.
      connectionsCheckingInterval: Math.min(1_000, Math.ceil(deps.requestTimeoutMs / 4)),
      maxHeaderSize: MAX_HEADER_BYTES,
    },
  });
  limitConnections(app.server, deps.connections, (limit) => events.shed(limit));
  // Whatever a PBX calls its body: it is read as bytes and understood by readVariables.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addContentTypeParser(
    XML_TYPE,
    { parseAs: 'buffer', bodyLimit: MAX_XML_BYTES },
    (_request, body, done) => done(null, body),
  );

  app.addHook('onRequest', async (request) => {
    door.knock(request);
    const type = request.headers['content-type'];
    // A type that is none would be refused before anybody looks at the callback.
    if (type !== undefined && !MEDIA_TYPE.test(type)) request.headers['content-type'] = 'text/plain';
  });

  app.addHook('onSend', async (_request, reply) => {
    // Who keeps a connection is told to open the next one elsewhere, before this one ends under a request of theirs.
    if (deps.isStopping()) reply.header('connection', 'close');
  });

  app.setErrorHandler((error, request, reply) => {
    const wire = toWireError(error);
    if (wire.code === 'unavailable') events.requestFailed(error);
    return refuse(request, reply, wire);
  });
  app.setNotFoundHandler((request, reply) =>
    refuse(request, reply, new WireError('not_found', 'there is nothing at this address')),
  );

  app.route<CallbackRoute>({
    method: ['GET', 'POST'],
    url: '/v1/cti/:token/:kind',
    async handler(request, reply) {
      const { token, kind } = request.params;
      const profile = await door.findProfile(request, token);
      if (profile === null) throw new WireError('not_found', 'this callback address is not valid (any more)');
      if (!isKind(kind)) throw new WireError('not_found', `a callback is one of ${KINDS.join(', ')}`);
      const read = (query: string) =>
        readVariables(query, request.headers['content-type'] ?? '', toBody(request));
      const readAll = () => read(toQuery(request.url));
      if (!profile.tenant.active) {
        deps.noteRefusal?.(profile, kind, readAll, 'tenant_inactive');
        throw new WireError('tenant_disabled', 'this company is not active');
      }
      const admission = await door.admit(profile, request, { kind, read: readAll });
      await door.store(profile, kind, admission, async () =>
        ingest(profile, kind, read(admission.query), admission.signed),
      );
      return sendReplyBody(reply, profile.cti.callback);
    },
  });
  app.register(async (scope) => addWconnectRoutes(scope, deps));
  return app;
}

function isKind(kind: string): kind is CallbackKind {
  return KINDS.includes(kind);
}
