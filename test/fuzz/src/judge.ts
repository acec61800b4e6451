import type { FuzzFaults, Reproduction } from './fuzz-faults.ts';
import type { Exchange } from './http-lane.ts';
import type { HttpInput } from './http-input.ts';
import { findLeak } from './leak-patterns.ts';
import type { SocketExchange } from './socket-lane.ts';
import type { SocketInput } from './socket-input.ts';

/** Longer than this is a hang, if it is so again when nothing else is under way. */
const SLOW_MS = 1_000;
/** Files that are meant to be read: our own scripts, with our own names in them. */
const SCRIPT = /^(?:text|application)\/(?:javascript|css)\b|^text\/html\b/;
/** SOAP 1.1 has one status for a fault, and says in the fault whose it is. */
const CALLERS_FAULT = /<faultcode>soap:(?:Client|VersionMismatch|MustUnderstand)<\/faultcode>/;

/** What may be the machine's doing: it is a fault if it is so again when nothing else is under way. */
export interface Doubt {
  kind: 'hangs' | 'unexpected5xx';
  detail: string;
}

const toSlow = (ms: number): Doubt | null =>
  ms > SLOW_MS ? { kind: 'hangs', detail: `took ${Math.round(ms)} ms, as it did before` } : null;

export function judgeHttp(
  input: HttpInput,
  exchange: Exchange,
  of: Reproduction,
  faults: FuzzFaults,
): Doubt | null {
  if (exchange.outcome === 'silent') {
    faults.note('hangs', of, `no answer in ${Math.round(exchange.ms)} ms`);
    return null;
  }
  if (exchange.outcome === 'closed') {
    // uWebSockets cuts what it can't read; the HTTP services say so, but Node cuts whoever takes it for a proxy.
    if (input.host !== 'gateway' && input.method !== 'CONNECT')
      faults.note('hangs', of, 'the connection was closed without an answer');
    return null;
  }
  const { status, text, contentType } = exchange.answer;
  if (status < 300 && input.mustBeRefused === true) faults.note('forged', of, text);
  if (status >= 300 || !SCRIPT.test(contentType)) noteLeak(text, toSent(input), of, faults);
  if (status >= 500 && !CALLERS_FAULT.test(text)) return { kind: 'unexpected5xx', detail: text };
  return toSlow(exchange.ms);
}

export function judgeSocket(
  input: SocketInput,
  exchange: SocketExchange,
  of: Reproduction,
  faults: FuzzFaults,
): Doubt | null {
  const { answers, closed, finished, ms } = exchange;
  if (!finished) {
    faults.note('hangs', of, `the next ping got no answer in ${Math.round(ms)} ms`);
    return null;
  }
  if (input.kind === 'message' && closed === null && answers.length !== 1) {
    faults.note('hangs', of, `a message got ${answers.length} answers: ${answers.join('\n')}`);
  }
  const sent = input.bytes.toString('latin1') + unmask(input.bytes).toString('utf8');
  for (const answer of answers) {
    if (input.mustBeRefused === true && /^\{"(?:op|action)":"(?:ack|ready|logged_in)"/.test(answer))
      faults.note('forged', of, answer);
    noteLeak(answer, sent, of, faults);
  }
  if (closed !== null) {
    noteLeak(closed.reason, sent, of, faults);
  }
  const failed = answers.find((answer) => /"code":"(?:unavailable|internal_error)"/.test(answer));
  if (failed !== undefined) return { kind: 'unexpected5xx', detail: failed };
  if (closed?.code === 1013 || closed?.code === 1011) {
    return { kind: 'unexpected5xx', detail: JSON.stringify(closed) };
  }
  return toSlow(ms);
}

function noteLeak(answer: string, sent: string, of: Reproduction, faults: FuzzFaults): void {
  const leak = findLeak(answer, sent);
  if (leak !== null) faults.note('leaks', of, `${leak.what}: ${leak.text}: ${answer}`);
}

function toSent({ target, headers, body }: HttpInput): string {
  return [target.toString(), headers.flat().join(' '), body?.toString('utf8') ?? ''].join(' ');
}

/** Masked payloads, as good as they can be read. */
function unmask(bytes: Buffer): Buffer {
  const start = bytes.indexOf(Buffer.from([0x37, 0xfa, 0x21, 0x3d])) + 4;
  return Buffer.from(bytes.subarray(start).map((byte, i) => byte ^ ([0x37, 0xfa, 0x21, 0x3d][i & 3] ?? 0)));
}
