import { expect, test } from 'vitest';
import { readAnswer } from './read-answer.ts';

const read = (text: string, { isHead = false, ended = false } = {}) =>
  readAnswer(Buffer.from(text), { isHead, ended });

test('an answer with a length is whole when its bytes are there, and no sooner', () => {
  const text = 'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nno!';
  expect(read(text)).toMatchObject({
    status: 400,
    contentType: 'text/plain',
    closes: false,
    length: text.length,
  });
  expect(read(`${text}HTTP/1.1 200 OK\r\n`)?.length).toBe(text.length);
  expect(read(text.slice(0, -1))).toBeNull();
});

test('chunks are put together', () => {
  const text = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n';
  expect(read(text)).toMatchObject({ status: 200, length: text.length });
  expect(read(text)?.text).toMatch(/abc$/);
  expect(read(text.slice(0, -3))).toBeNull();
});

test('without a length the end of the connection is the end; HEAD has no body', () => {
  expect(read('HTTP/1.1 200 OK\r\n\r\nabc')).toBeNull();
  expect(read('HTTP/1.1 200 OK\r\n\r\nabc', { ended: true })).toMatchObject({ closes: true });
  expect(read('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', { isHead: true })).toMatchObject({
    status: 200,
  });
});
