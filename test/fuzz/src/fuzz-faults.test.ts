import { expect, test } from 'vitest';
import { createFuzzFaults } from './fuzz-faults.ts';
import type { HttpInput } from './http-input.ts';
import { judgeHttp, judgeSocket } from './judge.ts';
import type { SocketExchange } from './socket-lane.ts';
import type { SocketInput } from './socket-input.ts';

const of = { target: 'form', index: 7 };
const request: HttpInput = { host: 'webhook', method: 'GET', target: '/x', headers: [], body: null };
const message: SocketInput = { kind: 'message', legacy: false, bytes: Buffer.alloc(0) };

function judge(status: number, text: string, more: { input?: Partial<HttpInput>; ms?: number } = {}) {
  const faults = createFuzzFaults(1);
  const answer = { status, text, contentType: 'application/json', length: 1, closes: false };
  const exchange = { outcome: 'answered', answer, ms: more.ms ?? 5 } as const;
  const doubt = judgeHttp({ ...request, ...more.input }, exchange, of, faults);
  return { doubt: doubt?.kind, counts: faults.counts(), examples: faults.examples() };
}

function judgeAnswers(answers: string[], more: Partial<SocketExchange> = {}) {
  const faults = createFuzzFaults(1);
  const exchange = { answers, closed: null, finished: true, ms: 5, ...more };
  const doubt = judgeSocket(message, exchange, of, faults);
  return { doubt: doubt?.kind, hangs: faults.counts().hangs };
}

test('a refusal is no fault, nor is a SOAP fault that says it is the caller’s', () => {
  const well = { doubt: undefined, examples: [] };
  expect(judge(400, '{"error":{"code":"bad_request"}}')).toMatchObject(well);
  expect(judge(500, '<faultcode>soap:Client</faultcode>')).toMatchObject(well);
});

test('a leak and a token taken that nobody gave out are, with what makes them again', () => {
  expect(judge(400, 'FST_ERR_X').counts).toMatchObject({ leaks: 1 });
  expect(judge(200, '{}', { input: { mustBeRefused: true } }).counts).toMatchObject({ forged: 1 });
  expect(judge(400, 'FST_ERR_X').examples[0]).toMatch(/^leaks: --seed 1 --target form --index 7: /);
});

test('what is slow or failed is asked for again; silence and a cut connection are hangs', () => {
  expect(judge(200, '{}', { ms: 1500 })).toMatchObject({ doubt: 'hangs', examples: [] });
  expect(judge(503, 'x')).toMatchObject({ doubt: 'unexpected5xx', examples: [] });
  expect(judge(500, '<faultcode>soap:Server</faultcode>')).toMatchObject({ doubt: 'unexpected5xx' });
  for (const outcome of ['silent', 'closed'] as const) {
    const faults = createFuzzFaults(1);
    judgeHttp(request, { outcome, ms: 1 }, of, faults);
    expect(faults.counts()).toMatchObject({ hangs: 1 });
  }
});

test('a message gets exactly one answer, and no ping waits', () => {
  expect(judgeAnswers(['{"op":"error","data":{"code":"bad_json"}}'])).toMatchObject({
    hangs: 0,
    doubt: undefined,
  });
  expect(judgeAnswers([])).toMatchObject({ hangs: 1 });
  expect(judgeAnswers([], { closed: { code: 4004, reason: 'protocol error' } })).toMatchObject({ hangs: 0 });
  expect(judgeAnswers([], { finished: false })).toMatchObject({ hangs: 1 });
  expect(judgeAnswers(['{"op":"error","data":{"code":"internal_error"}}'])).toMatchObject({
    doubt: 'unexpected5xx',
  });
});
