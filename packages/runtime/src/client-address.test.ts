import { describe, expect, it, test } from 'vitest';
import { toClientAddress, toNetwork } from './client-address.ts';

describe('threat 9 who asks, behind proxies', () => {
  test.each([
    ['nobody is trusted', '198.51.100.1', 0, '192.0.2.1'],
    ['one proxy', '198.51.100.1', 1, '198.51.100.1'],
    ['one proxy, and a client that made one up', '203.0.113.9, 198.51.100.1', 1, '198.51.100.1'],
    ['two proxies', '198.51.100.1, 10.0.0.2', 2, '198.51.100.1'],
    [
      'two proxies, and a client that made two up',
      '1.1.1.1,2.2.2.2, 198.51.100.1, 10.0.0.2',
      2,
      '198.51.100.1',
    ],
    ['fewer than there should be', '198.51.100.1', 2, '192.0.2.1'],
    ['no header', '', 1, '192.0.2.1'],
    ['no address', 'unknown', 1, '192.0.2.1'],
    ['a name', 'evil.example', 1, '192.0.2.1'],
    ['a port', '198.51.100.1:4711', 1, '198.51.100.1'],
    ['IPv6', '2001:db8::1', 1, '2001:db8::1'],
    ['IPv6 with a port', '[2001:db8::1]:4711', 1, '2001:db8::1'],
    ['an empty end', '198.51.100.1, ', 1, '192.0.2.1'],
  ])('%s', (_what, header, hops, address) => {
    expect(toClientAddress('192.0.2.1', header, hops)).toBe(address);
  });
});

describe('threat 9 what limits count by', () => {
  it('is one IPv4 address, however it is written', () => {
    const ways = [
      '192.0.2.7',
      '::ffff:192.0.2.7',
      '::FFFF:c000:207',
      '0000:0000:0000:0000:0000:ffff:c000:0207',
    ];
    expect(new Set(ways.map(toNetwork))).toEqual(new Set(['192.0.2.7']));
  });

  it('is the /64 network of an IPv6 address, however it is written', () => {
    const ways = [
      '2001:db8:1:2::1',
      '2001:0db8:0001:0002:ffff:0000:0000:0009',
      '2001:DB8:1:2:3:4:5:6',
      '2001:db8:1:2::7%eth0',
    ];
    expect(new Set(ways.map(toNetwork))).toEqual(new Set(['2001:db8:1:2']));
    expect(toNetwork('2001:db8:1:3::1')).not.toBe('2001:db8:1:2');
    expect(toNetwork('::1')).toBe('0:0:0:0');
  });

  it('is the text itself where that is no address', () => {
    for (const text of ['', 'unknown', '::ffff:x', '1:2:3']) expect(toNetwork(text)).toBe(text);
  });
});
