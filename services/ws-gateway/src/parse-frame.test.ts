import { clientFrame } from '@ramal/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameInvalidError, parseFrame } from './parse-frame.ts';

function refusal(text: string): FrameInvalidError {
  try {
    parseFrame(text);
  } catch (error) {
    expect(error).toBeInstanceOf(FrameInvalidError);
    return error as FrameInvalidError;
  }
  throw new Error('it was accepted');
}

describe('parseFrame', () => {
  it('gives the frame, cleaned', () => {
    const text = '{"op":"dial","id":7,"data":{"intentId":"i","to":"(47) 3210-0123","x":1},"y":2}';
    expect(parseFrame(text)).toEqual({ op: 'dial', id: 7, data: { intentId: 'i', to: '4732100123' } });
  });

  it.each([
    ['', 'bad_json', null],
    ['{', 'bad_json', null],
    ['null', 'bad_frame', null],
    ['[]', 'bad_frame', null],
    ['"ping"', 'bad_frame', null],
    ['7', 'bad_frame', null],
    ['{}', 'unknown_op', null],
    ['{"id":"a"}', 'unknown_op', 'a'],
    ['{"id":7,"op":"fly"}', 'unknown_op', 7],
    ['{"id":7,"op":"__proto__"}', 'unknown_op', 7],
    ['{"id":7,"op":["ping"]}', 'unknown_op', 7],
    ['{"id":{},"op":"ping"}', 'bad_frame', null],
    ['{"op":"ping"}', 'bad_frame', null],
    ['{"id":7,"op":"dial","data":{"intentId":"i","to":"x"}}', 'bad_frame', 7],
  ])('%j is %s, answered to %j', (text, code, replyTo) => {
    const error = refusal(text);
    expect([error.code, error.replyTo]).toEqual([code, replyTo]);
  });

  it('says which field is wrong, without its value', () => {
    const { message } = refusal('{"id":1,"op":"dial","data":{"intentId":"can ary","to":"canary"}}');
    expect(message).toMatch(/data\.intentId: .*data\.to: /);
    expect(message).not.toContain('canary');
  });

  it('gives a frame of the contract or a refusal, whatever comes', () => {
    const json = fc.oneof(
      fc.json({ maxDepth: 2 }),
      fc.string(),
      fc
        .record({
          op: fc.constantFrom('auth', 'dial', 'ping', 'sync'),
          id: fc.jsonValue({ maxDepth: 1 }),
          data: fc.jsonValue({ maxDepth: 2 }),
        })
        .map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(json, (text) => {
        let frame: unknown;
        try {
          frame = parseFrame(text);
        } catch (error) {
          expect(error).toBeInstanceOf(FrameInvalidError);
          return;
        }
        expect(clientFrame.parse(frame)).toEqual(frame);
      }),
      { numRuns: 500 },
    );
  });
});
