import { expect, test } from 'vitest';
import { toLoggableText } from './loggable-text.ts';

test.each([
  ['linkedid', 'linkedid'],
  ['call.id2', 'call.id2'],
  ['NO ANSWER 486', 'NO ANSWER 486'],
  ['47998123456', '…'],
  ['tel (47) 99812-3456', 'tel (…'],
  ['f'.repeat(64), 'ffff…'],
])('I8 of %s a log shows %s', (text, shown) => {
  expect(toLoggableText(text)).toBe(shown);
});
