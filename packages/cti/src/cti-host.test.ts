import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FieldProblem } from './column-text.ts';
import { readHost } from './cti-host.ts';

/** What a URL parser makes of the host that was read, null where it sees more or less than a host. */
function inUrl(host: string): string | null {
  const url = new URL(`http://${host.includes(':') ? `[${host}]` : host}:8080/api?x=1`);
  const rest = [url.username, url.password, url.port, url.pathname, url.search].join(' ');
  return rest === '  8080 /api ?x=1' ? url.hostname : null;
}

it.each([
  ['octal', '0177.0.0.1'],
  ['octal in one part', '127.0.0.01'],
  ['octal of more digits', '00000177.0.0.1'],
  ['decimal', '2130706433'],
  ['hex', '0x7f000001'],
  ['hex by parts', '0x7f.0x0.0x0.0x1'],
  ['hex of nothing', '0x'],
  ['a hex part at the end', '127.0.0.0x1'],
  ['parts left out', '127.1'],
  ['one part', '0'],
  ['a trailing dot after a decimal', '2130706433.'],
  ['too many parts', '1.127.0.0.1'],
  ['fullwidth digits', '１２７.０.０.１'],
  ['circled digits', '①②⑦.0.0.1'],
  ['digits of another script', '१२७.0.0.1'],
  ['ideographic full stops', '127。0。0。1'],
  ['fullwidth full stops', '127．0．0．1'],
  ['halfwidth full stops', 'pbx｡example'],
  ['fullwidth letters', 'ｌｏｃａｌｈｏｓｔ'],
  ['letters that fold into others', 'loca\u{1d4c1}host'],
  ['a long s', 'ſerver.example'],
  ['a Kelvin sign', '\u{212a}user.example'],
  ['letters of another script', 'рbx.example'],
  ['a soft hyphen', 'local\u{ad}host'],
  ['a joiner', 'local\u{200d}host'],
  ['a mark that turns the text around', '\u{202e}tsohlacol'],
  ['a label that is no punycode', 'xn--a'],
  ['a label that is empty punycode', 'xn--.example'],
  ['punycode for plain letters', 'xn--localhost-.example'],
  ['a zone', 'fe80::1%lo'],
  ['an encoded zone', 'fe80::1%25lo'],
  ['percents', '%6c%6f%63alhost'],
  ['a user', '127.0.0.1@pbx.example'],
  ['a user with brackets', '[::1]@pbx.example'],
  ['a port', 'pbx.example:80'],
  ['a scheme', 'http://pbx.example'],
  ['slashes alone', '//pbx.example'],
  ['a backslash', 'pbx.example\\@127.0.0.1'],
  ['a fragment', 'pbx.example#127.0.0.1'],
  ['a tab', 'pbx\t.example'],
  ['a line break', 'pbx.example\r\nHost: x'],
  ['a nul', 'pbx.example\0.127.0.0.1'],
  ['IPv4 in brackets', '[127.0.0.1]'],
  ['brackets twice', '[[::1]]'],
  ['nine words', '1:2:3:4:5:6:7:8:9'],
  ['two gaps', '1::2::3'],
  ['an octal inside IPv6', '::ffff:0177.0.0.1'],
  ['a decimal inside IPv6', '::ffff:2130706433'],
  ['two trailing dots', 'pbx.example..'],
])('R5 threat 2 a host with %s is refused: %j', (_, text) => {
  expect(readHost(text)).toBeInstanceOf(FieldProblem);
});

it('R5 threat 2 what is accepted is what a URL parser reads, whatever the text', () => {
  const pieces = fc.constantFrom(
    ...['.', '..', ':', '::', '[', ']', '%', '@', '/', '-', '_', '0x', '0', '7f', '127', '01', '255', '256'],
    ...[
      'a',
      'PBX',
      'xn--',
      'xn--bcher-kva',
      'localhost',
      'ffff',
      'fe80',
      '。',
      '．',
      '１',
      'ſ',
      '\u{ad}',
      'ß',
      ' ',
    ],
  );
  const text = fc.oneof(
    fc.array(pieces, { minLength: 1, maxLength: 9 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.ipV4(),
    fc.ipV4Extended(),
    fc.ipV6(),
    fc.ipV6().map((address) => `[${address}]`),
  );
  let accepted = 0;
  fc.assert(
    fc.property(text, (given) => {
      const host = readHost(given);
      if (host instanceof FieldProblem) return true;
      accepted += 1;
      const seen = inUrl(host);
      return host.includes(':') ? seen === new URL(`http://[${host}]`).hostname : seen === host.toLowerCase();
    }),
    { numRuns: 400 },
  );
  expect(accepted).toBeGreaterThan(40);
});
