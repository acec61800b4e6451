import { type Field, spoil, toCallbackTarget, toContentType, toFields } from './callback-inputs.ts';
import { pickHostile } from './hostile-texts.ts';
import type { HttpInput } from './http-input.ts';
import type { Known } from './known.ts';
import type { Random } from './random.ts';

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';

function escape(text: string): string {
  return text.replaceAll(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

function toLeaf(random: Random, [name, value]: Field): string {
  const text = random.pick([
    escape,
    escape,
    escape,
    (raw: string) => raw,
    (raw: string) => `<![CDATA[${raw}]]>`,
  ])(value);
  const tag = /^[a-z_]\w*$/i.test(name) || random.chance(0.1) ? name : 'x';
  if (random.chance(0.1)) return `<item><key>${escape(name)}</key><value>${text}</value></item>`;
  const attribute = random.chance(0.1) ? ` xsi:type="xsd:string" a="${escape(pickHostile(random))}"` : '';
  return `<${tag}${attribute}>${text}</${tag}>`;
}

/** What XML parsers have died of. */
const BOMBS: readonly ((random: Random) => string)[] = [
  () =>
    `<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">${'bcdefghi'.replaceAll(/./g, (c) => `<!ENTITY ${c} "${`&${String.fromCharCode(c.charCodeAt(0) - 1)};`.repeat(10)}">`)}]><r>&i;</r>`,
  () => '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>',
  () => '<!doctype r SYSTEM "http://127.0.0.1:1/x"><r/>',
  (random) => '<a>'.repeat(random.between(20, 20_000)),
  (random) => `<r>${'<a/>'.repeat(random.between(1900, 20_000))}</r>`,
  (random) => `<r>${'&#65;'.repeat(random.between(1900, 20_000))}</r>`,
  (random) => `<r ${Array.from({ length: random.between(10, 5000) }, (_, i) => `a${i}=""`).join(' ')}/>`,
  (random) =>
    `<r ${Array.from({ length: random.between(10, 2000) }, (_, i) => `xmlns:n${i}="urn:${i}"`).join(' ')}/>`,
  (random) => `<r>${'<![CDATA[x]]>'.repeat(random.between(10, 10_000))}</r>`,
  (random) => `<!--${'-'.repeat(random.between(1, 60_000))}><r/>`,
  (random) => `<?xml version="1.1"?><r>&#${random.between(0, 0x120000)};</r>`,
  (random) =>
    `<?xml version="1.0" encoding="${random.pick(['utf-16', 'utf-7', 'ebcdic', 'UTF-8', 'x'])}"?><r/>`,
];

function toDocument(random: Random, fields: readonly Field[]): string {
  const leaves = fields.map((field) => toLeaf(random, field)).join('\n');
  const prolog = random.chance(0.5)
    ? `<?xml version="1.0" encoding="${random.pick(['UTF-8', 'iso-8859-1', 'utf8', 'us-ascii'])}"?>\n`
    : '';
  if (random.chance(0.4)) return `${prolog}<call>${leaves}</call>`;
  const operation = random.pick([
    'ConsultaRamal',
    'FinalizaLigacao',
    'FinalizaLigacao',
    'Outra',
    'constructor',
  ]);
  const namespace = random.chance(0.9)
    ? SOAP
    : random.pick(['', 'http://www.w3.org/2003/05/soap-envelope', 'urn:x']);
  const header = random.chance(0.3)
    ? `<s:Header><token s:mustUnderstand="${random.pick(['0', '1', 'true', ''])}">${escape(pickHostile(random))}</token></s:Header>`
    : '';
  return (
    `${prolog}<s:Envelope xmlns:s="${namespace}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">${header}` +
    `<s:Body><n:${operation} xmlns:n="${random.chance(0.8) ? 'urn:ramal:wconnect' : escape(pickHostile(random))}">` +
    `${leaves}</n:${operation}></s:Body></s:Envelope>`
  );
}

/** A callback as XML or SOAP, to the callback addresses and to the manual's files. */
export function makeXmlInput(random: Random, known: Known): HttpInput {
  const { callbackToken, names } = random.pick(known.companies);
  const fields = toFields(random, names).filter(([name]) => !random.chance(0.1) || name === names[0]);
  const text = random.chance(0.1) ? random.pick(BOMBS)(random) : toDocument(random, fields);
  const written = random.pick<BufferEncoding>(['utf8', 'utf8', 'utf8', 'utf8', 'latin1', 'utf16le']);
  const body = Buffer.concat([
    random.chance(0.05) ? Buffer.from('\ufeff') : Buffer.alloc(0),
    Buffer.from(text, written),
  ]);
  const soapAction: Field[] = random.chance(0.2) ? [['SOAPAction', `"${pickHostile(random)}"`]] : [];
  return {
    host: 'webhook',
    method: 'POST',
    target: random.chance(0.5)
      ? toCallbackTarget(random, callbackToken, '')
      : `/wconnect/${callbackToken}/WConnect_WSDL_${random.pick(['ConsultaRamal', 'FinalizaLigacao'])}.php`,
    headers: [...toContentType(random, 'text/xml; charset=utf-8'), ...soapAction],
    body: spoil(random, body),
  };
}
