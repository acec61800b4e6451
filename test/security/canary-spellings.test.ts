import { describe, expect, test } from 'vitest';
import { type Canary, createCanarySearch } from './canary-spellings.ts';

const secret: Canary = { name: 'senha', kind: 'secret', text: 'p@ss/w%rd+ä:9f8e7d6c5b4a39281706' };
const number: Canary = { name: 'number', kind: 'number', text: '47998123456' };
const search = createCanarySearch([secret, number]);
const find = (text: string) => search([{ where: 'here', text }]).map(({ canary }) => canary.name);

describe('a secret is found', () => {
  test.each([
    ['as it is', secret.text],
    ['percent-encoded', `token=${encodeURIComponent(secret.text)}&x=1`],
    ['as a form encodes it', new URLSearchParams([['t', secret.text]]).toString()],
    ['in JSON', JSON.stringify({ a: secret.text })],
    ...['a', 'ab', 'abc', 'agente-um'].map((login) => [
      `in a Basic header after ${login}`,
      `Basic ${Buffer.from(`${login}:${secret.text}`).toString('base64')}`,
    ]),
    ['in Base64 for URLs', Buffer.from(secret.text).toString('base64url')],
    ['in hex', Buffer.from(secret.text).toString('hex')],
    ['in part', `first ones ${secret.text.slice(0, 12)}...`],
    ['in its last part', `…${secret.text.slice(-12)}`],
  ])('%s', (_, text) => {
    expect(find(text ?? '')).toEqual(['senha']);
  });
});

test('a number is found in full, with a prefix and in part, and not by its last digits', () => {
  expect(find('x 47998123456 y')).toEqual(['number']);
  expect(find('+5547998123456')).toEqual(['number']);
  expect(find('"destination":"0047998123456"')).toEqual(['number']);
  expect(find('998123456')).toEqual(['number']);
  expect(find('*******3456 ********56')).toEqual([]);
});

test('where there is nothing, nothing is found', () => {
  expect(
    find('{"level":"info","msg":"dial requested","callId":"01a20500-e121-73a0-950c-b22f42cfd4aa"}'),
  ).toEqual([]);
});
