import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NetworkInvalidError, parseNetworks, toPlainAddress } from './network-list.ts';

describe('threat 5 a list of networks', () => {
  const list = parseNetworks(['203.0.113.0/24', '198.51.100.7', '2001:db8:5::/48', '::ffff:192.0.2.1']);

  it.each([
    '203.0.113.0',
    '203.0.113.255',
    '198.51.100.7',
    '2001:db8:5::1',
    '2001:DB8:5:ffff::',
    '::ffff:203.0.113.9',
    '::ffff:cb00:7109',
    '192.0.2.1',
  ])('has %s', (address) => expect(list.has(address)).toBe(true));

  it.each([
    '203.0.112.255',
    '203.0.114.0',
    '198.51.100.8',
    '2001:db8:6::1',
    '::ffff:203.0.114.1',
    '::cb00:7109',
    '203.0.113.1%eth0',
    'fe80::1%lo',
    '203.0.113',
    '0203.0.113.1',
    '203.0.113.1 ',
    '203.0.113.1/24',
    '3405803777',
    '0xcb007101',
    'localhost',
    '',
    '__proto__',
  ])('has not %s', (address) => expect(list.has(address)).toBe(false));

  it('of every address and of none', () => {
    expect(parseNetworks(['0.0.0.0/0']).has('8.8.8.8')).toBe(true);
    expect(parseNetworks(['0.0.0.0/0']).has('2001:db8::1')).toBe(false);
    expect(parseNetworks(['::/0']).has('2001:db8::1')).toBe(true);
    expect(parseNetworks([]).has('8.8.8.8')).toBe(false);
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0/8',
    '2001:db8::/129',
    '::ffff:10.0.0.0/104',
    'fe80::1%eth0',
    'pbx.example',
    '*',
    '',
    ' 10.0.0.1',
  ])('takes no %s', (text) => {
    expect(() => parseNetworks(['10.0.0.1', text])).toThrow(NetworkInvalidError);
  });

  it('agrees with arithmetic on every IPv4 network', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const address = fc.tuple(byte, byte, byte, byte);
    const toNumber = (bytes: number[]) => bytes.reduce((sum, one) => sum * 256 + one, 0);
    fc.assert(
      fc.property(address, fc.integer({ min: 0, max: 32 }), address, (base, prefix, other) => {
        const size = 2 ** (32 - prefix);
        const same = Math.floor(toNumber(base) / size) === Math.floor(toNumber(other) / size);
        expect(parseNetworks([`${base.join('.')}/${prefix}`]).has(other.join('.'))).toBe(same);
      }),
    );
  });
});

it('an address has one spelling for IPv4 inside IPv6', () => {
  expect(toPlainAddress('::ffff:10.1.2.3')).toBe('10.1.2.3');
  expect(toPlainAddress('::FFFF:0a01:203')).toBe('10.1.2.3');
  expect(toPlainAddress('::1')).toBe('::1');
  expect(toPlainAddress('::ffff:1.2.3.4%eth0')).toBeNull();
  expect(toPlainAddress('nobody')).toBeNull();
});
