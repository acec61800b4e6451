import { BlockList } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createAddressPolicy } from './address-policy.ts';
import { ADDRESS_RANGES, type AddressKind } from './address-ranges.ts';
import { parseAllowList } from './allow-list.ts';
import { type IpAddress, readIpAddress, readIpNetwork, WIDTH } from './ip-address.ts';

/** Without a list, as in production. */
const policy = createAddressPolicy();
const kindOf = (address: string, port = 80): AddressKind => policy.judge(address, port)?.kind ?? 'public';
const openTo = (list: string) => createAddressPolicy(parseAllowList(list));

const toText4 = (value: bigint) => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
const toText6 = (value: bigint) =>
  Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(':');
const toText = ({ family, value }: IpAddress) => (family === 4 ? toText4(value) : toText6(value));

/** First and last address of a range, and those that lie just outside. */
function bordersOf(text: string): {
  first: string;
  last: string;
  before: string | null;
  after: string | null;
} {
  const network = readIpNetwork(text);
  if (network === null) throw new Error(`no network: ${text}`);
  const { family, value, bits } = network;
  const last = value + (1n << BigInt(WIDTH[family] - bits)) - 1n;
  const most = (1n << BigInt(WIDTH[family])) - 1n;
  return {
    first: toText({ family, value }),
    last: toText({ family, value: last }),
    before: value === 0n ? null : toText({ family, value: value - 1n }),
    after: last === most ? null : toText({ family, value: last + 1n }),
  };
}

/** By hand, from the registries: what lies on both sides of each border. */
const BORDERS: [AddressKind, string][] = [
  ['unspecified', '0.0.0.0'],
  ['unspecified', '0.0.0.1'],
  ['unspecified', '0.255.255.255'],
  ['public', '1.0.0.0'],
  ['public', '9.255.255.255'],
  ['private', '10.0.0.0'],
  ['private', '10.255.255.255'],
  ['public', '11.0.0.0'],
  ['public', '100.63.255.255'],
  ['shared', '100.64.0.0'],
  ['metadata', '100.100.100.200'],
  ['shared', '100.100.100.199'],
  ['shared', '100.127.255.255'],
  ['public', '100.128.0.0'],
  ['public', '126.255.255.255'],
  ['loopback', '127.0.0.0'],
  ['loopback', '127.0.0.1'],
  ['loopback', '127.127.127.127'],
  ['loopback', '127.255.255.255'],
  ['public', '128.0.0.0'],
  ['public', '168.63.129.15'],
  ['metadata', '168.63.129.16'],
  ['public', '168.63.129.17'],
  ['public', '169.253.255.255'],
  ['link_local', '169.254.0.0'],
  ['link_local', '169.254.169.252'],
  ['metadata', '169.254.169.253'],
  ['metadata', '169.254.169.254'],
  ['link_local', '169.254.169.255'],
  ['metadata', '169.254.170.2'],
  ['metadata', '169.254.170.23'],
  ['link_local', '169.254.255.255'],
  ['public', '169.255.0.0'],
  ['public', '172.15.255.255'],
  ['private', '172.16.0.0'],
  ['private', '172.31.255.255'],
  ['public', '172.32.0.0'],
  ['public', '191.255.255.255'],
  ['reserved', '192.0.0.0'],
  ['reserved', '192.0.0.170'],
  ['metadata', '192.0.0.192'],
  ['reserved', '192.0.0.255'],
  ['public', '192.0.1.0'],
  ['documentation', '192.0.2.0'],
  ['documentation', '192.0.2.255'],
  ['public', '192.0.3.0'],
  ['public', '192.88.98.255'],
  ['tunnel', '192.88.99.0'],
  ['tunnel', '192.88.99.255'],
  ['public', '192.88.100.0'],
  ['public', '192.167.255.255'],
  ['private', '192.168.0.0'],
  ['private', '192.168.255.255'],
  ['public', '192.169.0.0'],
  ['public', '198.17.255.255'],
  ['benchmark', '198.18.0.0'],
  ['benchmark', '198.19.255.255'],
  ['public', '198.20.0.0'],
  ['public', '198.51.99.255'],
  ['documentation', '198.51.100.0'],
  ['documentation', '198.51.100.255'],
  ['public', '198.51.101.0'],
  ['public', '203.0.112.255'],
  ['documentation', '203.0.113.0'],
  ['documentation', '203.0.113.255'],
  ['public', '203.0.114.0'],
  ['public', '223.255.255.255'],
  ['multicast', '224.0.0.0'],
  ['multicast', '239.255.255.255'],
  ['reserved', '240.0.0.0'],
  ['reserved', '255.255.255.254'],
  ['broadcast', '255.255.255.255'],
  ['public', '8.8.8.8'],
  ['public', '200.160.2.3'],

  ['unspecified', '::'],
  ['loopback', '::1'],
  ['tunnel', '::2'],
  ['tunnel', '::ffff'],
  ['tunnel', '::7f00:1'],
  ['tunnel', '::127.0.0.1'],
  ['tunnel', '::8.8.8.8'],
  ['tunnel', '::255.255.255.255'],
  ['reserved', '::1:0:0'],
  ['tunnel', '::ffff:0:7f00:1'],
  ['tunnel', '::ffff:0:8.8.8.8'],
  ['loopback', '::ffff:127.0.0.1'],
  ['loopback', '::ffff:7f00:1'],
  ['loopback', '0:0:0:0:0:FFFF:7F00:0001'],
  ['metadata', '::ffff:169.254.169.254'],
  ['metadata', '::ffff:a9fe:a9fe'],
  ['private', '::ffff:10.0.0.1'],
  ['unspecified', '::ffff:0.0.0.0'],
  ['broadcast', '::ffff:255.255.255.255'],
  ['public', '::ffff:8.8.8.8'],
  ['reserved', '::fffe:7f00:1'],
  ['public', '64:ff9b::8.8.8.8'],
  ['tunnel', '64:ff9b::127.0.0.1'],
  ['tunnel', '64:ff9b::a9fe:a9fe'],
  ['tunnel', '64:ff9b::a00:1'],
  ['tunnel', '64:ff9b::'],
  ['reserved', '64:ff9b:0:0:0:1:808:808'],
  ['reserved', '64:ff9b:0:ffff:ffff:ffff:ffff:ffff'],
  ['tunnel', '64:ff9b:1::'],
  ['tunnel', '64:ff9b:1::808:808'],
  ['tunnel', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
  ['reserved', '64:ff9b:2::'],
  ['reserved', '100::'],
  ['reserved', '100:0:0:1::'],
  ['reserved', '1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['public', '2000::'],
  ['public', '2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['tunnel', '2001::'],
  ['tunnel', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
  ['tunnel', '2001:0:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['reserved', '2001:1::'],
  ['benchmark', '2001:2::'],
  ['benchmark', '2001:2:0:ffff:ffff:ffff:ffff:ffff'],
  ['reserved', '2001:2:1::'],
  ['reserved', '2001:20::'],
  ['reserved', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['public', '2001:200::'],
  ['public', '2001:4860:4860::8888'],
  ['public', '2001:db7:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['documentation', '2001:db8::'],
  ['documentation', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['public', '2001:db9::'],
  ['tunnel', '2002::'],
  ['tunnel', '2002:7f00:1::'],
  ['tunnel', '2002:808:808::1'],
  ['tunnel', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['public', '2003::'],
  ['public', '2804:14d::1'],
  ['public', '2600:1f18::5efe:808:808'],
  ['tunnel', '2600:1f18::5efe:10.0.0.1'],
  ['tunnel', '2600:1f18::5efe:169.254.169.254'],
  ['tunnel', '2600:1f18::200:5efe:7f00:1'],
  ['public', '2600:1f18::200:5efe:808:808'],
  ['public', '2600:1f18::300:5efe:7f00:1'],
  ['tunnel', 'fd00::5efe:127.0.0.1'],
  ['public', '3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['documentation', '3fff::'],
  ['documentation', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['public', '3fff:1000::'],
  ['public', '3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['reserved', '4000::'],
  ['reserved', '5f00::1'],
  ['reserved', 'fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['private', 'fc00::'],
  ['private', 'fd00::1'],
  ['private', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['metadata', 'fd00:ec2::254'],
  ['metadata', 'fd00:0ec2:0:0:0:0:0:0254'],
  ['metadata', 'fd00:ec2::23'],
  ['metadata', 'fd20:ce::254'],
  ['private', 'fd00:ec2::255'],
  ['reserved', 'fe00::'],
  ['reserved', 'fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['link_local', 'fe80::1'],
  ['link_local', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['metadata', 'fe80::a9fe:a9fe'],
  ['reserved', 'fec0::'],
  ['reserved', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['multicast', 'ff00::'],
  ['multicast', 'ff02::1'],
  ['multicast', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
];

describe('threat 2 what an address is', () => {
  it.each(BORDERS)('%s: %s', (kind, address) => {
    expect(kindOf(address)).toBe(kind);
  });

  it('and every address at and around the border of a range, in each of its writings', () => {
    let judged = 0;
    for (const [range, kind] of ADDRESS_RANGES) {
      if (range.endsWith('/0') || range === '2000::/3') continue;
      const { first, last, before, after } = bordersOf(range);
      for (const inside of [first, last]) {
        expect([inside, kindOf(inside) === 'public']).toEqual([inside, false]);
        if (range.endsWith('/32') || range.endsWith('/128')) expect(kindOf(inside)).toBe(kind);
        for (const form of writingsOf(inside)) {
          expect([form, kindOf(form) === 'public']).toEqual([form, false]);
          judged += 1;
        }
      }
      for (const outside of [before, after])
        if (outside !== null) expect(kindOf(outside)).not.toBe('invalid');
    }
    expect(judged).toBeGreaterThan(400);
  });

  it('as the other way to do the sum has it', () => {
    // Node's own list of networks knows nothing of ours; it says public where no range of the registry has the address.
    const notPublic = new BlockList();
    for (const [range, kind] of ADDRESS_RANGES) {
      const [base = '', bits] = range.split('/');
      if (range.endsWith('/0') || kind === 'public') continue;
      notPublic.addSubnet(base, Number(bits), base.includes(':') ? 'ipv6' : 'ipv4');
    }
    for (const [range] of ADDRESS_RANGES) {
      for (const address of Object.values(bordersOf(range))) {
        if (address === null) continue;
        const six = address.includes(':');
        const outside = six && (readIpAddress(address)?.value ?? 0n) >> 125n !== 1n;
        const denied = outside || notPublic.check(address, six ? 'ipv6' : 'ipv4');
        expect([address, kindOf(address) !== 'public']).toEqual([address, denied]);
      }
    }
  });

  it.each([
    ...['', ' ', '127.1', '0177.0.0.1', '2130706433', '0x7f.0.0.1', '1.2.3.4 ', '1.2.3.4/32', '1.2.3.4:80'],
    ...[
      '[::1]',
      '::1%lo',
      'fe80::1%eth0',
      'localhost',
      '::ffff:0177.0.0.1',
      '１.1.1.1',
      '1.1.1.1\0',
      '1.1.1.1\n',
    ],
  ])('%j is no address, and denied', (text) => {
    expect(kindOf(text)).toBe('invalid');
    expect(openTo('0.0.0.0/0,::/0').judge(text, 80)?.kind).toBe('invalid');
  });
});

/** The forms that hide or spell an address otherwise; a system or a translator may make each of them the plain one. */
function writingsOf(address: string): string[] {
  if (address.includes(':')) return [address, address.toUpperCase()];
  const [high, low] = [0, 16].map((shift) => {
    const { value } = readIpAddress(address) as IpAddress;
    return ((value >> BigInt(16 - shift)) & 0xffffn).toString(16);
  });
  const hex = `${high}:${low}`;
  return [
    `::ffff:${address}`,
    `::ffff:${hex}`,
    `0:0:0:0:0:ffff:${hex}`,
    `::ffff:0:${address}`,
    `::${hex}`,
    `::${address}`,
    `64:ff9b::${address}`,
    `64:ff9b::${hex}`,
    `64:ff9b:1::${hex}`,
    `64:ff9b:1:${high}:0:${low}::`,
    `2002:${hex}::`,
    `2002:${hex}::1`,
    `2001:0:${hex}::`,
    `2600:1f18::5efe:${address}`,
    `2600:1f18::200:5efe:${hex}`,
    `fe80::5efe:${hex}`,
  ];
}

describe("threat 2 the operator's list", () => {
  it.each([
    ['127.0.0.0/8', '127.0.0.1', 80, true],
    ['127.0.0.0/8', '::1', 80, false],
    ['127.0.0.0/8', '::ffff:127.0.0.1', 80, true],
    ['127.0.0.0/8', '64:ff9b::127.0.0.1', 80, false],
    ['127.0.0.0/8', '2002:7f00:1::', 80, false],
    ['::1', '::1', 80, true],
    ['10.20.0.0/16', '10.20.255.255', 80, true],
    ['10.20.0.0/16', '10.21.0.0', 80, false],
    ['10.20.0.5:8080', '10.20.0.5', 8080, true],
    ['10.20.0.5:8080', '10.20.0.5', 80, false],
    ['[fd00::5]:443', 'fd00::5', 443, true],
    ['[fd00::5]:443', 'fd00::5', 80, false],
    ['[fd00::5]', 'fd00::5', 80, true],
    ['fd00::/8', 'fd12:3456::1', 80, true],
    ['fd00::/8', 'fd00::5efe:169.254.169.254', 80, false],
    ['100.64.0.0/10', '100.64.0.1', 80, true],
    ['198.18.0.0/15', '198.19.0.1', 80, true],
    ['0.0.0.0/0', '192.168.0.1', 80, true],
    ['0.0.0.0/0', '0.0.0.0', 80, false],
    ['0.0.0.0/0', '224.0.0.1', 80, false],
    ['0.0.0.0/0', '255.255.255.255', 80, false],
    ['0.0.0.0/0', '240.0.0.1', 80, false],
    ['::/0', '2002:a00:1::', 80, false],
    ['::/0', '::', 80, false],
    ['::/0', 'ff02::1', 80, false],
  ])('%s: %s at port %s is let through: %s', (list, address, port, open) => {
    expect(openTo(list).judge(address, port) === null).toBe(open);
  });

  const metadata = ADDRESS_RANGES.filter(([, kind]) => kind === 'metadata').map(([range]) => range);
  it.each(metadata)('no broad network opens %s, the address itself does', (range) => {
    const address = range.replace(/\/\d+$/, '');
    const broad = [
      '0.0.0.0/0',
      '::/0',
      '169.254.0.0/16',
      '169.254.169.0/24',
      '169.254.169.254/31',
      '100.64.0.0/10',
    ];
    const wide = [...broad, '168.0.0.0/5', '192.0.0.0/24', 'fc00::/7', 'fd00:ec2::/32', 'fe80::/10'].join(
      ',',
    );
    expect(openTo(wide).judge(address, 80)?.kind).toBe('metadata');
    expect(openTo(`${wide},${address}`).judge(address, 80)).toBeNull();
    if (!address.includes(':')) {
      const hidden = writingsOf(address).filter(
        (form) => !form.startsWith('::ffff:') && !form.includes(':0:ffff:'),
      );
      for (const form of [...hidden, `::ffff:0:${address}`]) {
        expect([form, openTo(`${wide},${address}`).judge(form, 80) === null]).toEqual([form, false]);
      }
    }
  });

  it('a network of link-local addresses opens none, one of them itself', () => {
    expect(openTo('169.254.0.0/16').judge('169.254.7.7', 80)?.kind).toBe('link_local');
    expect(openTo('169.254.7.7').judge('169.254.7.7', 80)).toBeNull();
  });
});
