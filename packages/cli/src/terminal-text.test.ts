import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLineWriter, toTerminalText, writeJson } from './terminal-text.ts';

test('what a terminal would obey becomes text, letters of every script stay', () => {
  expect(toTerminalText('\u001b[31mred\r\n\u009b0m\u202etxt')).toBe(
    '\\u001b[31mred\\u000d\\u000a\\u009b0m\\u202etxt',
  );
  expect(toTerminalText('ação 日本語 😀')).toBe('ação 日本語 😀');
});

test('JSON reads back as what was written, whatever it holds', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (key, text) => {
      const value = [key, { [`key ${key}`]: text }];
      let written = '';
      writeJson(createLineWriter({ write: (part) => (written += part) }), value);
      expect(JSON.parse(written)).toEqual(value);
      expect(written.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    }),
  );
});
