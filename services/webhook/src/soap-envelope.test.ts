import { WireError } from '@ramal/runtime';
import { describe, expect, test } from 'vitest';
import { parseSoapCall, SoapRefusedError } from './soap-envelope.ts';
import { toSoapFault, toSoapReply } from './soap-reply.ts';

const NS = 'http://schemas.xmlsoap.org/soap/envelope/';
const envelope = (inside: string, namespace = NS) =>
  Buffer.from(`<e:Envelope xmlns:e="${namespace}" xmlns:m="urn:m">${inside}</e:Envelope>`);
const call = (inside: string) => parseSoapCall(envelope(inside), 'text/xml');

function faultOf(body: Buffer): string {
  try {
    parseSoapCall(body, 'text/xml');
  } catch (error) {
    return error instanceof SoapRefusedError ? error.faultCode : String((error as WireError).code);
  }
  return 'accepted';
}

describe('R39 R40 an envelope is read', () => {
  test('in document and in RPC style, with and without namespaces', () => {
    const expected = { operation: 'ConsultaRamal', variables: [['ramal', '3501']], headers: [] };
    expect(call('<e:Body><m:ConsultaRamal><m:ramal>3501</m:ramal></m:ConsultaRamal></e:Body>')).toEqual({
      ...expected,
      namespace: 'urn:m',
    });
    expect(
      call(
        '<e:Body><ConsultaRamal><ramal xmlns:t="urn:t" t:type="xsd:string">3501</ramal></ConsultaRamal></e:Body>',
      ),
    ).toEqual({ ...expected, namespace: '' });
  });

  test('its header entries stand apart', () => {
    const { headers, variables } = call(
      '<e:Header><m:token>abc</m:token></e:Header><e:Body><m:x><id>1</id></m:x></e:Body>',
    );
    expect([headers, variables]).toEqual([[['token', 'abc']], [['id', '1']]]);
  });

  test.each([
    ['no SOAP', Buffer.from('<ConsultaRamal/>'), 'Client'],
    ['SOAP 1.2', envelope('<e:Body/>', 'http://www.w3.org/2003/05/soap-envelope'), 'VersionMismatch'],
    ['no namespace', Buffer.from('<Envelope><Body><x/></Body></Envelope>'), 'VersionMismatch'],
    ['an empty body', envelope('<e:Body/>'), 'Client'],
    ['no body', envelope(''), 'Client'],
    ['a body of another namespace', envelope('<m:Body><m:x/></m:Body>'), 'Client'],
    [
      'a header that must be understood',
      envelope('<e:Header><m:s e:mustUnderstand="1"/></e:Header><e:Body><m:x/></e:Body>'),
      'MustUnderstand',
    ],
    [
      'a header that need not',
      envelope('<e:Header><m:s e:mustUnderstand="0"/></e:Header><e:Body><m:x/></e:Body>'),
      'accepted',
    ],
    ['nothing', Buffer.alloc(0), 'bad_request'],
  ])('%s: %s', (_, body, fault) => {
    expect(faultOf(body)).toBe(fault);
  });
});

describe('R39 R40 a reply is written', () => {
  test('in UTF-8 under the name that was called, escaped, with nil for what there is not', () => {
    const reply = toSoapReply(
      { operation: 'ConsultaRamal', namespace: 'urn:"&<>' },
      { usuario: 'a&b <i>"\'ã\u0000\u0001', logado: true, call_id: null },
    );
    expect(reply).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>/);
    expect(reply).toContain('<ConsultaRamalResponse xmlns="urn:&quot;&amp;&lt;&gt;">');
    expect(reply).toContain('<usuario>a&amp;b &lt;i&gt;&quot;&apos;ã</usuario><logado>true</logado>');
    expect(reply).toContain('<call_id xsi:nil="true"/>');
    expect(parseSoapCall(Buffer.from(reply), 'text/xml').variables).toEqual([
      ['usuario', 'a&b <i>"\'ã'],
      ['logado', 'true'],
      ['call_id', ''],
    ]);
  });

  test.each([
    [new WireError('auth_failed', 'no <token>'), 'soap:Client', 'auth_failed'],
    [new WireError('unavailable', 'later'), 'soap:Server', 'unavailable'],
    [new SoapRefusedError('VersionMismatch', 'old'), 'soap:VersionMismatch', 'bad_request'],
  ])('as a fault with its code and no stack', (error, faultCode, code) => {
    const fault = toSoapFault(error);
    const { operation, variables } = parseSoapCall(Buffer.from(fault), 'text/xml');
    expect([operation, variables]).toEqual([
      'Fault',
      [
        ['faultcode', faultCode],
        ['faultstring', error.message],
        ['code', code],
      ],
    ]);
    expect(fault).not.toMatch(/at .*:\d+:\d+/);
  });
});
