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
/** How long the library may take to tell of a time-out itself: a dial never waits for it for ever. */
const LIBRARY_GRACE_MS = 100;

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
  const sending = got(request.url, {
    method: request.method,
    headers: { 'user-agent': 'Ramal', accept: '*/*', connection: 'close', ...request.headers },
    createConnection: () => {
      // Making the request takes a while on a busy machine, and this is the last one sees of it before it is written.
      if (!mayLeave()) {
        late = true;
        socket.destroy();
      }
      return socket;
    },
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    decompress: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    timeout: { request: timeoutMs },
  });
  const end = (why: string): void => {
    ended ??= why;
    sending.cancel();
  };
  const whyLate = () => (sent ? 'HEAD_TIMEOUT' : 'SEND_TIMEOUT');
  let timer = setTimeout(() => end(whyLate()), timeoutMs + LIBRARY_GRACE_MS);
  const sendTimer = setTimeout(() => end('SEND_TIMEOUT'), Math.min(SEND_MS, timeoutMs));
  // Nor does it hear of a connection that was closed before it took it over.
  const onClosed = () => {
    if (head !== undefined) return;
    clearTimeout(timer);
    timer = setTimeout(() => end('CLOSED'), LIBRARY_GRACE_MS);
  };
  if (socket.destroyed) onClosed();
  else socket.once('close', onClosed);
  const onHead = (message: IncomingMessage) => {
    clearTimeout(sendTimer);
    head = { message, latencyMs: Math.round(performance.now() - startedMs) };
    clearTimeout(timer);
    timer = setTimeout(() => end('BODY'), BODY_PATIENCE_MS);
  };
  const onBody = (data: Buffer) => {
    body.push(data.subarray(0, MAX_BODY_BYTES - bodyBytes));
    bodyBytes += data.length;
    if (bodyBytes >= MAX_BODY_BYTES) end('BODY');
  };
  // The library's own `response` event waits for the body, which may never end, and its body is lost with a cancel.
  void sending.on('request', (outgoing: ClientRequest) => {
    let preludes = 0;
    outgoing.once('finish', () => {
      sent = true;
      clearTimeout(sendTimer);
      failpoint('dialer.after_first_byte');
    });
    outgoing.on('information', () => {
      preludes += 1;
      if (preludes > MAX_PRELUDES) end('TOO_MANY_1XX');
    });
    outgoing.once('response', (message) => {
      failpoint('dialer.before_answer');
      onHead(message);
      message.on('data', onBody);
    });
    // A change of protocol is an answer too, and one that the library doesn't hear at all.
    outgoing.once('upgrade', (message, upgraded) => {
      onHead(message);
      upgraded.on('error', () => undefined).destroy();
      end('UPGRADE');
    });
  });
  let failure: unknown;
  try {
    await sending;
  } catch (error) {
    failure = error;
  } finally {
    clearTimeout(timer);
    clearTimeout(sendTimer);
    socket.off('close', onClosed).destroy();
  }
  // With a status the CTI has answered; how its body ends changes nothing.
  if (head !== undefined) {
    const { message, latencyMs } = head;
    const { statusCode: status = 0, headers } = message;
    const reading = readAnswer({ status, headers, body: Buffer.concat(body) }, rules);
    return { kind: 'answered', status, latencyMs, ...reading };
  }
  if (late) return { kind: 'late' };
  const overdue = failure instanceof Error && failure.name === 'TimeoutError' ? whyLate() : ended;
  if (overdue === 'SEND_TIMEOUT' || overdue === 'HEAD_TIMEOUT') return { kind: 'timeout', code: overdue };
  return { kind: 'reset', code: ended ?? toErrorCode(failure) };
}
