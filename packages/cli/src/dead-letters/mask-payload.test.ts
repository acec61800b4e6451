import { expect, test } from 'vitest';
import { maskPayload } from './mask-payload.ts';

const CALL_ID = '0190b1c2-4732-7100-8123-473210012345';

test.each([
  [
    'an event keeps its ids and times',
    `{"type":"call.ended","callId":"${CALL_ID}","at":1795380301000,"peer":"(47) 3210-0123"}`,
    `{"type":"call.ended","callId":"${CALL_ID}","at":1795380301000,"peer":"(**) ****-0123"}`,
  ],
  ['a number that is no text', '{"peer":4732100123}', '{"peer":"******0123"}'],
  ['a name that is a number', '{"47999991234":"x"}', '{"*******1234":"x"}'],
  ['what lies deeper', '{"a":[{"b":["tel 47999991234"]}]}', '{"a":[{"b":["tel *******1234"]}]}'],
  ['what is no JSON', '{"peer":"4732100123', '{"peer":"******0123'],
])('I8 of %s whole numbers are hidden', (_, payload, shown) => expect(maskPayload(payload)).toBe(shown));
