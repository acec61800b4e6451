import { expect, it } from 'vitest';
import { toShown } from './to-shown.ts';

it.each([
  ['(47) 3210-0123', '(47) 3210-0123'],
  ['<img src=x onerror="x">&lt;', '<img src=x onerror="x">&lt;'],
  ['\u202e3210123-74\u202c', '\ufffd3210123-74\ufffd'],
  ['\u0000\u0007\n\r\u2028x', '\ufffd\ufffd\ufffd\ufffd\ufffdx'],
  ['9'.repeat(10_000), `${'9'.repeat(120)}…`],
  ['', ''],
])('threat 10: %j is shown as one honest line', (text, shown) => {
  expect(toShown(text)).toBe(shown);
});
