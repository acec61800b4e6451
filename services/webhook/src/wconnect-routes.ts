import type { CallbackKind } from '@ramal/calls';
import { WireError } from '@ramal/runtime';
import type { TenantLookup, TenantProfile } from '@ramal/store';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { toWireError } from './errors.ts';
import type { Events } from './events.ts';
import type { Ingested } from './ingest-callback.ts';
import type { RamalState } from './ramal-state.ts';
import { readVariables, type Variable } from './read-variables.ts';
import { sendReplyBody } from './send-reply-body.ts';
import { parseSoapCall, type SoapCall } from './soap-envelope.ts';
import { type ReplyFields, SOAP_CONTENT_TYPE, toSoapFault, toSoapReply } from './soap-reply.ts';
import { authenticate } from './wconnect-credential.ts';
import { CALL_NAMES, PARAMETER_NAMES, SOAP_OPERATIONS, type SoapOperationName } from './wconnect-names.ts';
import { readParameter, tellsOfCall, toCallVariables } from './wconnect-variables.ts';
import { toBaseUrl, toWsdl } from './wsdl.ts';

export interface WconnectDeps {
  lookup: TenantLookup;
  ingest(profile: TenantProfile, kind: CallbackKind, variables: readonly Variable[]): Promise<Ingested>;
  readRamalState(profile: TenantProfile, ramal: string): Promise<RamalState>;
  events: Events;
  /** Address of the webhook for callers, without a path of its own; undefined: what they have called it. */
  publicUrl: string | undefined;
}

/** What a request to these addresses said. */
interface Said {
  variables: Variable[];
  /** Null for the plain HTTP twin. */
  soap: SoapCall | null;
}

type Answer = (profile: TenantProfile, variables: readonly Variable[]) => Promise<ReplyFields>;

/**
 * The three files of the manual's `/wconnect/` folder (R38-R40), each also as `/wconnect/{callbackToken}/...`.
 * Register it in a scope of its own: its errors are SOAP faults where the caller speaks SOAP.
 */
export function addWconnectRoutes(app: FastifyInstance, deps: WconnectDeps): void {
  const { lookup, ingest, readRamalState, events } = deps;

  const identify = async (request: FastifyRequest, { variables, soap }: Said): Promise<TenantProfile> =>
    authenticate(lookup, {
      pathToken: readPathToken(request),
      variables: [...variables, ...(soap?.headers ?? [])],
      authorization: request.headers.authorization,
    });

  const readState = async (profile: TenantProfile, variables: readonly Variable[]): Promise<RamalState> => {
    noteUnknown(events, profile, variables);
    const [ramal] = readParameter(variables, 'ramal');
    if (ramal === undefined) throw new WireError('bad_request', 'send ramal, the extension to look at');
    return readRamalState(profile, ramal);
  };

  const answers: Record<SoapOperationName, Answer> = {
    async ConsultaRamal(profile, variables) {
      const { tenant, ramal, user, logged_in, state, call } = await readState(profile, variables);
      return {
        tenant,
        ramal,
        usuario: user,
        logado: logged_in,
        estado: state,
        call_id: call?.callId ?? null,
        numero: call?.peer ?? null,
        direcao: call?.direction ?? null,
        inicio: call?.startedAt ?? null,
      };
    },
    async FinalizaLigacao(profile, variables) {
      const { callId } = await ingest(profile, 'ended', toCallVariables(profile.cti.callback, variables));
      return { resultado: 'ok', call_id: callId };
    },
  };

  app.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'));
  app.setErrorHandler((error, request, reply) => {
    const wire = toWireError(error);
    if (wire.httpStatus === 401) reply.header('www-authenticate', 'Basic realm="wconnect"');
    // The plain twins answer as every other address does.
    if (!speaksSoap(request)) throw error;
    if (wire.code === 'unavailable') events.requestFailed(error);
    if (wire.retryable) reply.header('retry-after', '1');
    events.refused({ code: wire.code, route: request.routeOptions.url ?? 'none' });
    return reply.code(500).type(SOAP_CONTENT_TYPE).send(toSoapFault(wire));
  });

  const route = (
    file: string,
    handler: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>,
  ) => {
    for (const url of [`/wconnect/${file}`, `/wconnect/:token/${file}`]) {
      app.route({ method: ['GET', 'POST'], url, exposeHeadRoute: false, handler });
    }
  };

  route('WConnect_MonitoraRamal.php', async (request, reply) => {
    const said: Said = { variables: readAll(request), soap: null };
    const profile = await identify(request, said);
    const mapping = profile.cti.callback;
    const { tenant } = profile.tenant;
    const answered = { tenant, operation: 'MonitoraRamal', transport: 'http' } as const;
    if (tellsOfCall(mapping, said.variables)) {
      await ingest(profile, 'incoming', toCallVariables(mapping, said.variables));
      events.wconnectAnswered(answered);
      return sendReplyBody(reply, mapping);
    }
    const state = await readState(profile, said.variables);
    events.wconnectAnswered(answered);
    return reply.send(state);
  });

  for (const operation of Object.keys(answers) as SoapOperationName[]) {
    const file = `WConnect_WSDL_${operation}.php`;
    route(file, async (request, reply) => {
      if (request.method === 'GET' && asksForWsdl(request)) {
        const base = toBaseUrl(deps.publicUrl, request.headers.host);
        const token = readPathToken(request);
        const folder = token === undefined ? '' : `${encodeURIComponent(token)}/`;
        return reply.type(SOAP_CONTENT_TYPE).send(toWsdl(operation, `${base}/wconnect/${folder}${file}`));
      }
      const said = speaksSoap(request)
        ? readSoap(request, operation)
        : { variables: readAll(request), soap: null };
      const profile = await identify(request, said);
      const fields = await answers[operation](profile, said.variables);
      const transport = said.soap === null ? 'http' : 'soap';
      events.wconnectAnswered({ tenant: profile.tenant.tenant, operation, transport });
      if (said.soap === null) return reply.send(fields);
      return reply.type(SOAP_CONTENT_TYPE).send(toSoapReply(said.soap, fields));
    });
  }
}

/** A call that is meant for the other address must not do here what was not asked for. */
function readSoap(request: FastifyRequest, operation: SoapOperationName): Said {
  const soap = parseSoapCall(toBody(request) ?? Buffer.alloc(0), request.headers['content-type'] ?? '');
  const others = Object.keys(SOAP_OPERATIONS).filter((name) => name !== operation);
  if (others.some((name) => name.toLowerCase() === soap.operation.toLowerCase())) {
    throw new WireError('bad_request', `this address answers ${operation} only`);
  }
  return { variables: [...readVariables(toQuery(request), '', null), ...soap.variables], soap };
}

function readAll(request: FastifyRequest): Variable[] {
  return readVariables(toQuery(request), request.headers['content-type'] ?? '', toBody(request));
}

function speaksSoap(request: FastifyRequest): boolean {
  if (request.method !== 'POST' || request.routeOptions.url?.includes('_WSDL_') !== true) return false;
  const { 'content-type': contentType = '', soapaction } = request.headers;
  return (
    soapaction !== undefined ||
    /\bxml\b/i.test(contentType) ||
    /^(?:\xEF\xBB\xBF)?\s*</.test(toStart(request))
  );
}

function toStart(request: FastifyRequest): string {
  return toBody(request)?.toString('latin1', 0, 64) ?? '';
}

function toBody(request: FastifyRequest): Buffer | null {
  return Buffer.isBuffer(request.body) ? request.body : null;
}

/** Only the first `?` begins the query. */
function toQuery(request: FastifyRequest): string {
  return request.url.replace(/^[^?]*\??/, '');
}

function asksForWsdl(request: FastifyRequest): boolean {
  return /^(?:.*&)?wsdl(?:=[^&]*)?(?:&.*)?$/i.test(toQuery(request));
}

function readPathToken(request: FastifyRequest): string | undefined {
  return (request.params as { token?: string }).token;
}

function noteUnknown(events: Events, profile: TenantProfile, variables: readonly Variable[]): void {
  const known = new Set<string>([...Object.values(PARAMETER_NAMES), ...Object.values(CALL_NAMES)].flat());
  const names = variables.map(([name]) => name).filter((name) => !known.has(name.toLowerCase()));
  if (names.length === 0) return;
  events.unknownVariables({
    tenant: profile.tenant.tenant,
    kind: 'ramal_state',
    names: names.slice(0, 20).map((name) => name.slice(0, 64)),
  });
}
