import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type AnswerReason, type AnswerRules, type OriginateRequest, readAnswer } from '@ramal/cti';
import { toErrorCode } from '@ramal/outbound';
import { failpoint } from '@ramal/runtime';
import { got } from 'got';

/** What came back of a request that was sent. `externalCallId` and `reason` are what headers and body say beyond the status. */
export type CtiAnswer =
  | {
      kind: 'answered';
      status: number;
      latencyMs: number;
      externalCallId?: string;
      reason?: AnswerReason;
    }
  | { kind: 'reset'; code: string }
  /** SEND_TIMEOUT: the request did not leave whole; HEAD_TIMEOUT: no answer came, or not all of its headers. */
  | { kind: 'timeout'; code?: 'SEND_TIMEOUT' | 'HEAD_TIMEOUT' };

/** It was too late when the first byte was to leave, and none did. */
export interface NeverSent {
  kind: 'late';
}

const MAX_BODY_BYTES = 64 * 1024;
const MAX_HEADER_BYTES = 16 * 1024;
/** Answers before the answer (1xx). One or two are usual; more than a few are no CTI. */
const MAX_PRELUDES = 10;
/** A request is a few KiB, which the system takes at once unless the CTI has stopped reading. */
const SEND_MS = 2_000;
/** The status decides; what the body has not told by then it does not tell. */
const BODY_PATIENCE_MS = 1_000;
/** How long the library may take to tell why a connection was closed: a dial never waits for it for ever. */
const LIBRARY_GRACE_MS = 100;

/**
 * One request and no more: nothing is sent again, followed or unpacked, and every wait has a timer of ours, below. A stream,
 * and all that is the same for every request said once: that way it costs twice what Node's own request does, and as a
 * promise with options of its own three times.
 */
const client = got.extend({
  headers: { 'user-agent': 'Ramal', accept: '*/*', connection: 'close' },
  retry: { limit: 0 },
  followRedirect: false,
  throwHttpErrors: false,
  decompress: false,
  maxHeaderSize: MAX_HEADER_BYTES,
});

const NO_RULES: AnswerRules = { id: '', reasons: [] };

/**
 * Sends one originate over an open connection: once, following nothing, unpacking nothing, reading little.
 * Never throws: whatever happens after the first byte is an answer of some kind (I1).
 * @param timeoutMs for the answer's head and, once it is there, for the body too
 * @param rules how the tenant's CTI says more than a status
 * @param mayLeave asked at the last moment before the first byte (I2)
 */
export async function sendOriginate(
  request: OriginateRequest,
  socket: Socket,
  timeoutMs: number,
  rules: AnswerRules = NO_RULES,
  mayLeave: () => boolean = () => true,
): Promise<CtiAnswer | NeverSent> {
  const startedMs = performance.now();
  let head: { message: IncomingMessage; latencyMs: number } | undefined;
  const body: Buffer[] = [];
  let bodyBytes = 0;
  let sent = false;
  let late = false;
  /** Why it was ended by us, before a head came. */
  let ended: string | undefined;
  let failure: unknown;
  let finish = () => undefined as void;
  const over = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const sending = client.stream(request.url, {
    method: request.method,
    headers: request.headers,
    createConnection: () => {
      // Making the request takes a while on a busy machine, and this is the last one sees of it before it is written.
      if (!mayLeave()) {
        late = true;
        socket.destroy();
      }
      return socket;
    },
  });
  const end = (why: string): void => {
    ended ??= why;
    sending.destroy();
    finish();
  };
  let timer = setTimeout(() => end(sent ? 'HEAD_TIMEOUT' : 'SEND_TIMEOUT'), timeoutMs);
  const sendTimer = setTimeout(() => end('SEND_TIMEOUT'), Math.min(SEND_MS, timeoutMs));
  // The library does not hear of a connection that was closed before it took it over.
  const onClosed = () => {
    if (head !== undefined) return;
    clearTimeout(timer);
    timer = setTimeout(() => end('CLOSED'), LIBRARY_GRACE_MS);
  };
  if (socket.destroyed) onClosed();
  else socket.once('close', onClosed);
  const onHead = (message: IncomingMessage) => {
    failpoint('dialer.before_answer');
    clearTimeout(sendTimer);
    head = { message, latencyMs: Math.round(performance.now() - startedMs) };
    clearTimeout(timer);
    timer = setTimeout(() => end('BODY'), BODY_PATIENCE_MS);
  };
  let preludes = 0;
  sending
    .once('request', (outgoing: ClientRequest) => {
      outgoing.once('finish', () => {
        sent = true;
        clearTimeout(sendTimer);
        failpoint('dialer.after_first_byte');
      });
      // A change of protocol is an answer too, and one that the library does not take for one.
      outgoing.once('upgrade', (message, upgraded) => {
        onHead(message);
        upgraded.on('error', () => undefined).destroy();
        end('UPGRADE');
      });
    })
    .on('information', () => {
      preludes += 1;
      if (preludes > MAX_PRELUDES) end('TOO_MANY_1XX');
    })
    .once('response', onHead)
    .on('data', (data: Buffer) => {
      body.push(data.subarray(0, MAX_BODY_BYTES - bodyBytes));
      bodyBytes += data.length;
      if (bodyBytes >= MAX_BODY_BYTES) end('BODY');
    })
    .once('end', finish)
    .on('error', (error) => {
      failure = error;
      finish();
    });
  // A GET has no body, and knows it.
  if (request.method !== 'GET') sending.end();
  await over;
  clearTimeout(timer);
  clearTimeout(sendTimer);
  socket.off('close', onClosed).destroy();
  // With a status the CTI has answered; how its body ends changes nothing.
  if (head !== undefined) {
    const { message, latencyMs } = head;
    const { statusCode: status = 0, headers } = message;
    const reading = readAnswer({ status, headers, body: Buffer.concat(body) }, rules);
    return { kind: 'answered', status, latencyMs, ...reading };
  }
  if (late) return { kind: 'late' };
  if (ended === 'SEND_TIMEOUT' || ended === 'HEAD_TIMEOUT') return { kind: 'timeout', code: ended };
  return { kind: 'reset', code: ended ?? toErrorCode(failure) };
}
