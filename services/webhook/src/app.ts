import type { CallbackKind } from '@ramal/calls';
import { WireError } from '@ramal/runtime';
import type { TenantLookup, TenantProfile } from '@ramal/store';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { toWireError } from './errors.ts';
import type { Events } from './events.ts';
import type { Ingested } from './ingest-callback.ts';
import type { RamalState } from './ramal-state.ts';
import { readVariables, type Variable } from './read-variables.ts';
import { sendReplyBody } from './send-reply-body.ts';
import { addWconnectRoutes } from './wconnect-routes.ts';

export interface AppDeps {
  lookup: TenantLookup;
  ingest(profile: TenantProfile, kind: CallbackKind, variables: readonly Variable[]): Promise<Ingested>;
  readRamalState(profile: TenantProfile, ramal: string): Promise<RamalState>;
  /** See `createRefusalNote`. */
  noteRefusal?(profile: TenantProfile, kind: CallbackKind, read: () => readonly Variable[]): void;
  events: Events;
  maxBodyBytes: number;
  /** See `WconnectDeps`. */
  publicUrl: string | undefined;
}

const XML_TYPE = /^(?:text|application)\/(?:[a-z0-9.+-]+\+)?xml/i;
/** The same call takes more room in SOAP. */
const MAX_XML_BYTES = 256 * 1024;

const KINDS: readonly string[] = ['incoming', 'answered', 'ended', 'recording'] satisfies CallbackKind[];

const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+*-]+ *(?:;|$)/;

interface CallbackRoute {
  Params: { token: string; kind: string };
}

/** The callback routes, `GET|POST /v1/cti/{callbackToken}/{incoming|answered|ended|recording}`, and `/wconnect/*`. */
export function createApp(deps: AppDeps): FastifyInstance {
  const { lookup, ingest, events } = deps;
  const refuse = (request: FastifyRequest, reply: FastifyReply, error: WireError) => {
    events.refused({ code: error.code, route: request.routeOptions.url ?? 'none' });
    if (error.retryable) reply.header('retry-after', '1');
    return reply.code(error.httpStatus).send({ error: error.toData() });
  };

  const app = Fastify({
    logger: false,
    // Addresses that can't be read have no route, so no error handler of ours would see them.
    frameworkErrors: (error, request, reply) => void refuse(request, reply, toWireError(error)),
    bodyLimit: deps.maxBodyBytes,
    requestTimeout: 10_000,
    connectionTimeout: 15_000,
    keepAliveTimeout: 65_000,
    return503OnClosing: true,
    // A HEAD that somebody probes an address with must not be stored as a call.
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 200 },
  });
  // Whatever a PBX calls its body: it is read as bytes and understood by readVariables.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addContentTypeParser(
    XML_TYPE,
    { parseAs: 'buffer', bodyLimit: MAX_XML_BYTES },
    (_request, body, done) => done(null, body),
  );

  app.addHook('onRequest', async (request) => {
    const type = request.headers['content-type'];
    // A type that is none would be refused before anybody looks at the callback.
    if (type !== undefined && !MEDIA_TYPE.test(type)) request.headers['content-type'] = 'text/plain';
  });

  let stopping = false;
  app.addHook('preClose', async () => {
    stopping = true;
  });
  app.addHook('onSend', async (_request, reply) => {
    // Otherwise a connection that was busy at the stop is waited for until it has been idle for a minute.
    if (stopping) reply.header('connection', 'close');
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
      const profile = await lookup.byCallbackToken(token);
      if (profile === null) throw new WireError('not_found', 'this callback address is not valid (any more)');
      if (!isKind(kind)) throw new WireError('not_found', `a callback is one of ${KINDS.join(', ')}`);
      const read = () => {
        // Only the first `?` begins the query: PBXs write recordings' addresses unescaped.
        const query = request.url.replace(/^[^?]*\??/, '');
        const body = Buffer.isBuffer(request.body) ? request.body : null;
        return readVariables(query, request.headers['content-type'] ?? '', body);
      };
      if (!profile.tenant.active) {
        deps.noteRefusal?.(profile, kind, read);
        throw new WireError('tenant_disabled', 'this company is not active');
      }
      await ingest(profile, kind, read());
      return sendReplyBody(reply, profile.cti.callback);
    },
  });
  app.register(async (scope) => addWconnectRoutes(scope, deps));
  return app;
}

function isKind(kind: string): kind is CallbackKind {
  return KINDS.includes(kind);
}
