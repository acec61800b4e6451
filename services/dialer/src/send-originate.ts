import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { OriginateRequest } from '@ramal/cti';
import { got } from 'got';
import { toErrorCode } from './errors.ts';

/** What came back of a request that was sent. */
export type CtiAnswer =
  | { kind: 'answered'; status: number; latencyMs: number }
  | { kind: 'reset'; code: string }
  | { kind: 'timeout' };

const MAX_BODY_BYTES = 64 * 1024;
/** The status decides; the body only gets the chance to arrive whole, so that the CTI is not cut off. */
const BODY_PATIENCE_MS = 1_000;
/** How long the library may take to tell of a time-out itself: a dial never waits for it for ever. */
const LIBRARY_GRACE_MS = 100;

/**
 * Sends one originate over an open connection: once, following nothing, unpacking nothing, reading little.
 * Never throws: whatever happens after the first byte is an answer of some kind (I1).
 */
export async function sendOriginate(
  request: OriginateRequest,
  socket: Socket,
  timeoutMs: number,
): Promise<CtiAnswer> {
  const startedMs = performance.now();
  let head: { status: number; latencyMs: number } | undefined;
  const sending = got(request.url, {
    method: request.method,
    headers: { 'user-agent': 'Ramal', accept: '*/*', connection: 'close', ...request.headers },
    createConnection: () => socket,
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    decompress: false,
    timeout: { request: timeoutMs },
  });
  let timedOut = false;
  let timer = setTimeout(() => {
    timedOut = true;
    sending.cancel();
  }, timeoutMs + LIBRARY_GRACE_MS);
  // Nor does it hear of a connection that was closed before it took it over.
  const onClosed = () => {
    if (head !== undefined) return;
    clearTimeout(timer);
    timer = setTimeout(() => sending.cancel(), LIBRARY_GRACE_MS);
  };
  if (socket.destroyed) onClosed();
  else socket.once('close', onClosed);
  const onHead = ({ statusCode = 0 }: IncomingMessage) => {
    head = { status: statusCode, latencyMs: Math.round(performance.now() - startedMs) };
    clearTimeout(timer);
    timer = setTimeout(() => sending.cancel(), BODY_PATIENCE_MS);
  };
  // The library's own `response` event waits for the body, which may never end.
  void sending.on('request', (sent: ClientRequest) => {
    sent.once('response', onHead);
    // A change of protocol is an answer too, and one that the library doesn't hear at all.
    sent.once('upgrade', (response, upgraded) => {
      onHead(response);
      upgraded.destroy();
      sending.cancel();
    });
  });
  void sending.on('downloadProgress', ({ transferred }: { transferred: number }) => {
    if (transferred > MAX_BODY_BYTES) sending.cancel();
  });
  let failure: unknown;
  try {
    await sending;
  } catch (error) {
    failure = error;
  } finally {
    clearTimeout(timer);
    socket.off('close', onClosed).destroy();
  }
  // With a status the CTI has answered; how its body ends changes nothing.
  if (head !== undefined) return { kind: 'answered', ...head };
  return timedOut || (failure instanceof Error && failure.name === 'TimeoutError')
    ? { kind: 'timeout' }
    : { kind: 'reset', code: toErrorCode(failure) };
}
