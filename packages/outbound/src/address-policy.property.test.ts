import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toPlainAddress } from './address-kind.ts';
import { createAddressPolicy } from './address-policy.ts';
import { LOOPBACK, parseAllowList } from './allow-list.ts';
import { readIpAddress } from './ip-address.ts';

const policy = createAddressPolicy();
const isDenied = (address: string) => policy.judge(address, 80) !== null;

/** As many from the ranges that are denied as from everywhere. */
const ipv4 = fc.oneof(
  fc.ipV4(),
  fc
    .tuple(
      fc.constantFrom('0', '10', '127', '169.254', '172.16', '172.31', '192.168', '100.64', '224', '255'),
      fc.nat(),
    )
    .map(([start, seed]) => {
      const rest = [seed & 255, (seed >> 8) & 255, (seed >> 16) & 255];
      return [...start.split('.'), ...rest].slice(0, 4).join('.');
    }),
);
const word = fc.nat(0xffff).map((value) => value.toString(16));
const prefix = fc.constantFrom(
  '2600:1f18:1:2',
  '2804:14d:5c:9',
  'fd00:1:2:3',
  'fe80:0:0:0',
  '2a00:1450:4001:80b',
);

function toHex(address: string): [string, string] {
  const value = readIpAddress(address)?.value ?? 0n;
  return [(value >> 16n).toString(16), (value & 0xffffn).toString(16)];
}

it('threat 2 a denied IPv4 address stays denied in whatever form it is hidden', () => {
  let denied = 0;
  fc.assert(
    fc.property(ipv4, prefix, word, word, (address, own, a, b) => {
      if (!isDenied(address)) return true;
      denied += 1;
      const [high, low] = toHex(address);
      const forms = [
        `::ffff:${address}`,
        `::ffff:${high}:${low}`,
        `::${high}:${low}`,
        `::ffff:0:${high}:${low}`,
        `64:ff9b::${address}`,
        `64:ff9b:1:${a}:${b}:0:${high}:${low}`,
        `64:ff9b:1:${high}:0:${low}:${a}:${b}`,
        `2002:${high}:${low}:${a}:${b}::1`,
        `2001:0:${high}:${low}:${a}:${b}:${a}:${b}`,
        `2001:0:${a}:${b}:8000:0:${high}:${low}`,
        `${own}:0:5efe:${high}:${low}`,
        `${own}:200:5efe:${address}`,
      ];
      return forms.every(isDenied);
    }),
    { numRuns: 500 },
  );
  expect(denied).toBeGreaterThan(100);
});

it('threat 2 a public IPv4 address is reached by a mapped form and by NAT64, and by no other', () => {
  let open = 0;
  fc.assert(
    fc.property(ipv4, (address) => {
      if (isDenied(address)) return true;
      open += 1;
      const [high, low] = toHex(address);
      const [mapped, nat64] = [`::ffff:${address}`, `64:ff9b::${high}:${low}`];
      const tunnels = [`2002:${high}:${low}::`, `::${address}`, `64:ff9b:1::${address}`];
      return !isDenied(mapped) && !isDenied(nat64) && tunnels.every(isDenied);
    }),
    { numRuns: 300 },
  );
  expect(open).toBeGreaterThan(50);
});

it('threat 2 the list of one machine opens nothing beyond it', () => {
  const local = createAddressPolicy(parseAllowList(LOOPBACK));
  fc.assert(
    fc.property(fc.oneof(ipv4, fc.ipV6()), fc.integer({ min: 1, max: 65_535 }), (address, port) => {
      const { family, value } = toPlainAddress(readIpAddress(address) ?? { family: 4, value: 0n });
      const isLocal = family === 4 ? value >> 24n === 127n : value === 1n;
      return (local.judge(address, port) === null) === (!isDenied(address) || isLocal);
    }),
    { numRuns: 300 },
  );
});

it('every writing of an IPv6 address is one number', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      // A URL parser's own reading, shortest form and all.
      const shortest = new URL(`http://[${text}]/`).hostname.slice(1, -1);
      return readIpAddress(text)?.value === readIpAddress(shortest)?.value && readIpAddress(text) !== null;
    }),
    { numRuns: 300 },
  );
});
