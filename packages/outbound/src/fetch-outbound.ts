import { type ClientRequest, request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import type { OutboundTarget } from './connect-host.ts';
import { OutboundFailedError, toErrorCode } from './errors.ts';

export interface FetchOptions {
  /** For all of it, to the last byte of the body. */
  timeoutMs: number;
  /** Of the body, as it comes over the wire. */
  maxBytes: number;
  headers?: Record<string, string>;
}

/** What came back, whatever its status. */
export interface FetchedResponse {
  status: number;
  /** By lower-case name; several of a name are joined by commas. */
  headers: Record<string, string>;
  /** As it came: what is packed stays packed. */
  body: Buffer;
}

const MAX_HEADER_BYTES = 16 * 1024;
/** Answers before the answer (1xx). One or two are usual. */
const MAX_PRELUDES = 10;

/**
 * `GET`s a URL that somebody else has named: over one connection of its own to an address that was judged, following
 * nothing, asking no proxy of the environment, unpacking nothing (threat 2).
 * @throws OutboundFailedError URL_INVALID (no http or https, a user in it, no URL), what connecting throws, TIMEOUT,
 * BODY_TOO_LARGE, BODY_CUT, TOO_MANY_1XX, UPGRADE, or the system's own code
 */
export async function fetchOutbound(
  url: string,
  { timeoutMs, maxBytes, headers = {} }: FetchOptions,
  connect: (target: OutboundTarget, timeoutMs: number) => Promise<Socket>,
): Promise<FetchedResponse> {
  const startedMs = performance.now();
  const { target, parsed } = readTarget(url);
  const socket = await connect(target, timeoutMs);
  try {
    if (socket.destroyed) throw new OutboundFailedError('CLOSED');
    const request = (target.protocol === 'https' ? requestHttps : requestHttp)({
      createConnection: () => socket,
      host: target.host,
      port: target.port,
      path: `${parsed.pathname}${parsed.search}`,
      headers: {
        'user-agent': 'Ramal',
        accept: '*/*',
        'accept-encoding': 'identity',
        ...headers,
        host: parsed.host,
        connection: 'close',
      },
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    return await receive(request, maxBytes, Math.max(1, timeoutMs - (performance.now() - startedMs)));
  } finally {
    socket.destroy();
  }
}

/** The URL parser has made every way to write an address into the usual one: what is judged is what it says. */
function readTarget(url: string): { target: OutboundTarget; parsed: URL } {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const protocol = parsed?.protocol === 'http:' ? 'http' : parsed?.protocol === 'https:' ? 'https' : null;
  if (parsed === null || protocol === null || parsed.username !== '' || parsed.password !== '') {
    throw new OutboundFailedError('URL_INVALID');
  }
  const port = parsed.port === '' ? (protocol === 'https' ? 443 : 80) : Number(parsed.port);
  return { target: { protocol, host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'), port }, parsed };
}

function receive(request: ClientRequest, maxBytes: number, timeoutMs: number): Promise<FetchedResponse> {
  return new Promise((resolve, reject) => {
    const fail = (code: string): void => {
      clearTimeout(timer);
      reject(new OutboundFailedError(code));
      request.destroy();
    };
    const timer = setTimeout(() => fail('TIMEOUT'), timeoutMs);
    let preludes = 0;
    request.on('error', (error) => fail(toErrorCode(error)));
    request.on('information', () => {
      preludes += 1;
      if (preludes > MAX_PRELUDES) fail('TOO_MANY_1XX');
    });
    request.once('upgrade', (_, upgraded) => {
      upgraded.on('error', () => undefined).destroy();
      fail('UPGRADE');
    });
    request.once('response', (message) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      message.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxBytes) fail('BODY_TOO_LARGE');
        else chunks.push(chunk);
      });
      message.on('error', () => fail('BODY_CUT'));
      message.once('close', () => fail('BODY_CUT'));
      message.once('end', () => {
        clearTimeout(timer);
        resolve({
          status: message.statusCode ?? 0,
          headers: toHeaders(message),
          body: Buffer.concat(chunks),
        });
      });
    });
    request.end();
  });
}

function toHeaders({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}
