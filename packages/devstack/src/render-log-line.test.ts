import { expect, test } from 'vitest';
import { createLogRenderer } from './render-log-line.ts';

const plain = createLogRenderer({ colour: false, names: ['api', 'ws-gateway'] });

test('a JSON log line becomes name, time, level, message and fields', () => {
  const line =
    '{"level":"info","time":"2026-11-22T10:20:30.456Z","service":"api","msg":"listening","port":4000}';
  expect(plain.render('api', line)).toBe('api        10:20:30.456 info  listening port=4000');
});

test('numeric levels and epoch times are read too', () => {
  const line =
    '{"level":50,"time":1763806830456,"msg":"failed","error":{"type":"Error","stack":"Error: no\\n at x"}}';
  expect(plain.render('ws-gateway', line)).toBe(
    'ws-gateway 10:20:30.456 error failed error=Error: no\n at x',
  );
});

test.each(['plain words', '{"not":"a log line"}', '{broken', ''])(
  'other output passes through: %j',
  (line) => {
    expect(plain.render('api', line)).toBe(`api        ${line}`);
  },
);

test('colours are used only when asked for', () => {
  const coloured = createLogRenderer({ colour: true, names: ['api'] });
  expect(coloured.render('api', 'x')).toContain('\u001b[36m');
  expect(plain.render('api', 'x')).not.toContain('\u001b');
});
