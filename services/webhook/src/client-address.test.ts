import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClientAddress, toSource } from './client-address.ts';

const from = (trustedProxies: number, remoteAddress: string | undefined, forwardedFor?: string) =>
  createClientAddress(trustedProxies)({ remoteAddress, forwardedFor });

describe('threat 5 who calls', () => {
  it('is the other end of the connection, whatever a header says, where no proxy is trusted', () => {
    expect(from(0, '203.0.113.9', '10.0.0.1')).toBe('203.0.113.9');
    expect(from(0, '::ffff:203.0.113.9')).toBe('203.0.113.9');
    expect(from(0, 'fe80::1%eth0')).toBe('fe80::1');
    expect(from(0, undefined, '10.0.0.1')).toBeNull();
  });

  it('is what the outermost trusted proxy saw, counted from the right', () => {
    expect(from(1, '172.16.0.1', '198.51.100.7')).toBe('198.51.100.7');
    expect(from(1, '172.16.0.1', '10.0.0.1, 198.51.100.7')).toBe('198.51.100.7');
    expect(from(2, '172.16.0.1', '10.0.0.1, 198.51.100.7, 172.16.0.2')).toBe('198.51.100.7');
    expect(from(1, '172.16.0.1', '10.0.0.1 ,\t2001:db8::7 ')).toBe('2001:db8::7');
  });

  it.each([
    ['198.51.100.7:51234', '198.51.100.7'],
    ['[2001:db8::7]:51234', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['::ffff:198.51.100.7', '198.51.100.7'],
  ])('may be written %s', (entry, address) => expect(from(1, '172.16.0.1', entry)).toBe(address));

  it.each([
    undefined,
    '',
    ' ',
    ',',
    '198.51.100.7,',
    'unknown',
    '_hidden',
    'localhost',
    '198.51.100.7 10.0.0.1',
    '198.51.100.007',
    '198.51.100.7:port',
    '[198.51.100.7]x',
    'fe80::1%eth0',
    '0x7f000001',
    '198.51.100.7;10.0.0.1',
    `${'1'.repeat(5_000)},198.51.100.7`,
  ])('is nobody behind a proxy that says "%s"', (header) => {
    expect(from(1, '172.16.0.1', header)).toBeNull();
  });

  it('is nobody where fewer proxies were passed than are trusted', () => {
    expect(from(2, '203.0.113.9', '198.51.100.7')).toBeNull();
    expect(from(1, '203.0.113.9')).toBeNull();
  });

  it('can’t be changed by anything a caller writes in front of what the proxies append', () => {
    const text = fc.string({ unit: fc.constantFrom(...Array.from(',.:[] 0123456789af%"\t')), maxLength: 60 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 3 }), (forged, hops) => {
        const appended = ['198.51.100.7', '172.16.0.2', '172.16.0.3'].slice(0, hops);
        expect(from(hops, '172.16.0.1', [forged, ...appended].join(', '))).toBe('198.51.100.7');
      }),
      { numRuns: 500 },
    );
  });
});

it('threat 9 a limit counts the 64 bits of an IPv6 network as one, in any spelling', () => {
  const same = [
    '2001:db8:0:5::1',
    '2001:0db8:0000:0005:ffff::',
    '2001:DB8::5:1:2:3:4',
    '2001:db8:0:5:0:0:1.2.3.4',
  ];
  expect(new Set(same.map(toSource))).toEqual(new Set(['2001:db8:0:5']));
  expect(toSource('2001:db8:0:6::1')).toBe('2001:db8:0:6');
  expect(toSource('::1')).toBe('0:0:0:0');
  expect(toSource('2001:db8::')).toBe('2001:db8:0:0');
  expect(toSource('203.0.113.9')).toBe('203.0.113.9');
  expect(toSource(null)).toBe('unknown');
});
