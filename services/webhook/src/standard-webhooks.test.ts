import { randomBytes } from 'node:crypto';
import { newSigningSecret, toSigningKey } from '@ramal/store';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { isSigned, readSignature, toSignature, type WebhookSignature } from './standard-webhooks.ts';

const toKey = (secret: string) => {
  const key = toSigningKey(secret);
  if (key === null) throw new Error('no secret');
  return key;
};
const read = (headers: Record<string, string>): WebhookSignature => {
  const signature = readSignature(headers);
  if (signature === null || signature === 'malformed') throw new Error(String(signature));
  return signature;
};
const id = 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W';
const nowSec = Math.floor(Date.now() / 1000);
const body = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
  fc.constantFrom('', '{"a":1}', 'origem=1&destino=São', '😀').map((text) => Buffer.from(text)),
);
const key = fc.uint8Array({ minLength: 24, maxLength: 64 }).map((bytes) => Buffer.from(bytes));

describe('threat 5 Standard Webhooks', () => {
  it('what the reference library signs is good here, and with another key, id, time or byte it is not', () => {
    fc.assert(
      fc.property(key, body, (secret, payload) => {
        const reference = new Webhook(secret.toString('base64'));
        const signed = reference.sign(id, new Date(nowSec * 1000), payload.toString());
        const headers = {
          'webhook-id': id,
          'webhook-timestamp': String(nowSec),
          'webhook-signature': signed,
        };
        const bytes = Buffer.from(payload.toString());
        expect(isSigned([secret], read(headers), bytes)).toBe(true);
        expect(isSigned([randomBytes(32)], read(headers), bytes)).toBe(false);
        expect(isSigned([secret], read({ ...headers, 'webhook-id': `${id}x` }), bytes)).toBe(false);
        expect(isSigned([secret], read({ ...headers, 'webhook-timestamp': String(nowSec + 1) }), bytes)).toBe(
          false,
        );
        expect(isSigned([secret], read(headers), Buffer.concat([bytes, Buffer.from(' ')]))).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  it('what is signed here is good for the reference library', () => {
    fc.assert(
      fc.property(key, body, (secret, payload) => {
        const text = payload.toString();
        const signature = toSignature(secret, { id, timestampSec: nowSec }, text).toString('base64');
        const reference = new Webhook(secret.toString('base64'));
        const headers = {
          'webhook-id': id,
          'webhook-timestamp': String(nowSec),
          'webhook-signature': `v1,${signature}`,
        };
        expect(() => reference.verify(text, headers, { jsonParse: false })).not.toThrow();
        expect(() => reference.verify(`${text} `, headers, { jsonParse: false })).toThrow();
      }),
      { numRuns: 100 },
    );
  });

  it('is good by any of several secrets here, and by any of several signatures there', () => {
    const [old, next] = [newSigningSecret(), newSigningSecret()];
    const by = (secret: string) => new Webhook(secret).sign(id, new Date(nowSec * 1000), '{}');
    const headers = (...signatures: string[]) => ({
      'webhook-id': id,
      'webhook-timestamp': String(nowSec),
      'webhook-signature': signatures.join(' '),
    });
    const keys = [next, old].map(toKey);
    expect(isSigned(keys, read(headers(by(old))), '{}')).toBe(true);
    expect(isSigned(keys, read(headers(by(next))), '{}')).toBe(true);
    expect(isSigned(keys, read(headers('v1a,xyz', by(newSigningSecret()), by(old))), '{}')).toBe(true);
    expect(isSigned(keys, read(headers(by(newSigningSecret()))), '{}')).toBe(false);
    expect(isSigned([], read(headers(by(old))), '{}')).toBe(false);
  });

  const good = {
    'webhook-id': id,
    'webhook-timestamp': '1700000000',
    'webhook-signature': `v1,${randomBytes(32).toString('base64')}`,
  };

  it('is nothing where all three headers are missing', () => {
    expect(readSignature({ authorization: 'x' })).toBeNull();
    expect(readSignature(good)).toMatchObject({ id, timestampSec: 1_700_000_000 });
  });

  it.each<[string, Record<string, string | string[] | undefined>]>([
    ['one header is missing', { 'webhook-id': undefined }],
    ['the time is missing', { 'webhook-timestamp': undefined }],
    ['the signature is missing', { 'webhook-signature': undefined }],
    ['the id is empty', { 'webhook-id': '' }],
    ['the id is endless', { 'webhook-id': 'x'.repeat(257) }],
    ['the time is a date', { 'webhook-timestamp': '2026-11-25T13:00:00Z' }],
    ['the time is negative', { 'webhook-timestamp': '-1' }],
    ['the time is a float', { 'webhook-timestamp': '1.7e9' }],
    ['the time is endless', { 'webhook-timestamp': '1'.repeat(40) }],
    ['the signature has no version', { 'webhook-signature': randomBytes(32).toString('base64') }],
    ['the signature is of another version', { 'webhook-signature': 'v1a,AAAA' }],
    ['the signature is cut off', { 'webhook-signature': `v1,${randomBytes(31).toString('base64')}` }],
    ['there are endless signatures', { 'webhook-signature': `${good['webhook-signature']} `.repeat(21) }],
    ['a header came twice', { 'webhook-id': [id, id] }],
  ])('is malformed where %s', (_, over) => {
    expect(readSignature({ ...good, ...over })).toBe('malformed');
  });
});
