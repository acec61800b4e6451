import type { CallbackKind } from '@ramal/calls';
import { WireError } from '@ramal/runtime';
import type { TenantProfile } from '@ramal/store';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type CallbackDoor, toBody, toQuery } from './callback-door.ts';
import type { Admission } from './callback-guard.ts';
import { toWireError } from './errors.ts';
import type { Events } from './events.ts';
import type { CallbackIngest, Ingested } from './ingest-callback.ts';
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
  door: CallbackDoor;
  ingest: CallbackIngest;
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

type Answer = (
  profile: TenantProfile,
  admission: Admission,
  variables: readonly Variable[],
) => Promise<ReplyFields>;

/**
 * The three files of the manual's `/wconnect/` folder (R38-R40), each also as `/wconnect/{callbackToken}/...`.
 * Register it in a scope of its own: its errors are SOAP faults where the caller speaks SOAP.
 */
export function addWconnectRoutes(app: FastifyInstance, deps: WconnectDeps): void {
  const { door, ingest, readRamalState, events } = deps;

  const identify = async (request: FastifyRequest, { variables, soap }: Said): Promise<TenantProfile> =>
    authenticate((token) => door.findProfile(request, token), {
      pathToken: readPathToken(request),
      variables: [...variables, ...(soap?.headers ?? [])],
      authorization: request.headers.authorization,
    });

  /** Who asks, may they, and what of all they said may be believed. */
  const enter = async (
    request: FastifyRequest,
    read: (query: string) => Said,
    toKind: (profile: TenantProfile, said: Said) => CallbackKind | null,
  ): Promise<{ profile: TenantProfile; admission: Admission; said: Said }> => {
    const query = toQuery(request.url);
    const said = read(query);
    const profile = await identify(request, said);
    const kind = toKind(profile, said);
    const toCall = () => toCallVariables(profile.cti.callback, said.variables);
    const refusable = kind === null ? null : { kind, read: toCall };
    const admission = await door.admit(profile, request, refusable);
    return { profile, admission, said: admission.query === query ? said : read(admission.query) };
  };

  const readState = async (
    profile: TenantProfile,
    admission: Admission,
    variables: readonly Variable[],
  ): Promise<RamalState> => {
    noteUnknown(events, profile, variables);
    const [ramal] = readParameter(variables, 'ramal');
    if (ramal === undefined) throw new WireError('bad_request', 'send ramal, the extension to look at');
    return door.ask(profile, admission, () => readRamalState(profile, ramal));
  };

  const store = (
    profile: TenantProfile,
    kind: CallbackKind,
    admission: Admission,
    variables: readonly Variable[],
  ): Promise<Ingested> =>
    door.store(profile, kind, admission, async () =>
      ingest(profile, kind, toCallVariables(profile.cti.callback, variables), admission.signed),
    );

  const answers: Record<SoapOperationName, { kind: CallbackKind | null; answer: Answer }> = {
    ConsultaRamal: {
      kind: null,
      async answer(profile, admission, variables) {
        const state = await readState(profile, admission, variables);
        const { tenant, ramal, user, logged_in, call } = state;
        return {
          tenant,
          ramal,
          usuario: user,
          logado: logged_in,
          estado: state.state,
          call_id: call?.callId ?? null,
          numero: call?.peer ?? null,
          direcao: call?.direction ?? null,
          inicio: call?.startedAt ?? null,
        };
      },
    },
    FinalizaLigacao: {
      kind: 'ended',
      async answer(profile, admission, variables) {
        const { callId } = await store(profile, 'ended', admission, variables);
        return { resultado: 'ok', call_id: callId };
      },
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
    const { profile, admission, said } = await enter(
      request,
      (query) => ({ variables: readAll(request, query), soap: null }),
      ({ cti }, { variables }) => (tellsOfCall(cti.callback, variables) ? 'incoming' : null),
    );
    const mapping = profile.cti.callback;
    const { tenant } = profile.tenant;
    const answered = { tenant, operation: 'MonitoraRamal', transport: 'http' } as const;
    if (tellsOfCall(mapping, said.variables)) {
      await store(profile, 'incoming', admission, said.variables);
      events.wconnectAnswered(answered);
      return sendReplyBody(reply, mapping);
    }
    const state = await readState(profile, admission, said.variables);
    events.wconnectAnswered(answered);
    return reply.send(state);
  });

  for (const operation of Object.keys(answers) as SoapOperationName[]) {
    const file = `WConnect_WSDL_${operation}.php`;
    const { kind, answer } = answers[operation];
    route(file, async (request, reply) => {
      if (request.method === 'GET' && asksForWsdl(request)) {
        const base = toBaseUrl(deps.publicUrl, request.headers.host);
        const token = readPathToken(request);
        const folder = token === undefined ? '' : `${encodeURIComponent(token)}/`;
        return reply.type(SOAP_CONTENT_TYPE).send(toWsdl(operation, `${base}/wconnect/${folder}${file}`));
      }
      const { profile, admission, said } = await enter(
        request,
        (query) =>
          speaksSoap(request)
            ? readSoap(request, operation, query)
            : { variables: readAll(request, query), soap: null },
        () => kind,
      );
      const fields = await answer(profile, admission, said.variables);
      const transport = said.soap === null ? 'http' : 'soap';
      events.wconnectAnswered({ tenant: profile.tenant.tenant, operation, transport });
      if (said.soap === null) return reply.send(fields);
      return reply.type(SOAP_CONTENT_TYPE).send(toSoapReply(said.soap, fields));
    });
  }
}

/** A call that is meant for the other address must not do here what was not asked for. */
function readSoap(request: FastifyRequest, operation: SoapOperationName, query: string): Said {
  const soap = parseSoapCall(toBody(request) ?? Buffer.alloc(0), request.headers['content-type'] ?? '');
  const others = Object.keys(SOAP_OPERATIONS).filter((name) => name !== operation);
  if (others.some((name) => name.toLowerCase() === soap.operation.toLowerCase())) {
    throw new WireError('bad_request', `this address answers ${operation} only`);
  }
  return { variables: [...readVariables(query, '', null), ...soap.variables], soap };
}

function readAll(request: FastifyRequest, query: string): Variable[] {
  return readVariables(query, request.headers['content-type'] ?? '', toBody(request));
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

function asksForWsdl(request: FastifyRequest): boolean {
  return /^(?:.*&)?wsdl(?:=[^&]*)?(?:&.*)?$/i.test(toQuery(request.url));
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
