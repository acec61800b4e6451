import { pickHostile } from './hostile-texts.ts';
import type { HttpInput } from './http-input.ts';
import type { Known } from './known.ts';
import { mutateBytes } from './mutate-bytes.ts';
import type { Random } from './random.ts';

const KINDS = ['incoming', 'answered', 'ended', 'recording'];
const FILES = [
  'WConnect_MonitoraRamal.php',
  'WConnect_WSDL_ConsultaRamal.php',
  'WConnect_WSDL_FinalizaLigacao.php',
];
const OTHER_NAMES = [
  'id',
  'status',
  'duracao',
  'data_hora',
  'ramal',
  'tenant',
  'empresa',
  'token',
  'wsdl',
  '__proto__',
  'constructor',
  'a[b]',
  'a.b.c',
  '',
];

export type Field = [name: string, value: string];

/** A far end; from this range, so that garbage makes many calls and not one that grows without end. */
const toNumber = (random: Random) => `4${random.between(1, 9)}${random.between(10_000_000, 99_999_999)}`;

/** The fields of a callback: some good, some hostile, in any order and number. */
export function toFields(random: Random, names: readonly string[]): Field[] {
  const [origin = 'origem', destination = 'destino', audio = 'audio'] = names;
  const good: Field[] = [
    [origin, toNumber(random)],
    [destination, random.pick(['3501', '3502', '3503', '2001', '2002'])],
  ];
  if (random.chance(0.5)) good.push(['id', `f-${random.between(0, 1e9)}`]);
  if (random.chance(0.5)) good.push(['status', random.pick(['answered', 'busy', 'ANSWERED', 'no answer'])]);
  if (random.chance(0.5)) good.push(['duracao', random.pick(['0', '12', '01:02', '01:02:03'])]);
  if (random.chance(0.3))
    good.push(['data_hora', random.pick(['2026-11-22T20:44:33Z', '1795380273', '22/11/2026 20:44:33'])]);
  if (random.chance(0.3)) good.push([audio, 'https://pbx.example/recordings/1.wav?a=b&c=d']);
  for (let hostile = random.between(0, 3); hostile > 0; hostile--) {
    const name = random.chance(0.8) ? random.pick([...names, ...OTHER_NAMES]) : pickHostile(random);
    good.splice(random.between(0, good.length), random.chance(0.5) ? 1 : 0, [name, pickHostile(random)]);
  }
  if (random.chance(0.02)) {
    for (let many = random.between(150, 400); many > 0; many--) good.push([`x${many}`, String(many)]);
  }
  return good;
}

/** `a=1&b=2`, escaped well, badly, twice or not at all. */
function toForm(random: Random, fields: readonly Field[]): Buffer {
  const escape = random.pick([
    encode,
    encode,
    encode,
    (text: string) => text,
    (text: string) => encode(encode(text)),
    (text: string) => text.replaceAll(/[^0-9A-Za-z]/g, (c) => `%${(c.charCodeAt(0) & 255).toString(16)}`),
  ]);
  const text = fields
    .map(([name, value]) => `${escape(name)}=${escape(value)}`)
    .join(random.chance(0.95) ? '&' : ';');
  return random.chance(0.9) ? Buffer.from(text) : Buffer.from(text, 'latin1');
}

function encode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

/** The address of a callback, of the manual's files now and then; `query` without its `?`. */
export function toCallbackTarget(random: Random, token: string, query: string): string {
  const file = random.pick(FILES);
  const path = random.chance(0.8)
    ? `/v1/cti/${token}/${random.pick(KINDS)}`
    : random.chance(0.7)
      ? `/wconnect/${token}/${file}`
      : `/wconnect/${file}`;
  return query === '' ? path : `${path}?${query}`;
}

/** A body as it is most of the time: some are spoiled after they were written, and some are noise. */
export function spoil(random: Random, body: Buffer): Buffer {
  const way = random.next();
  if (way < 0.5) return body;
  if (way < 0.94) return mutateBytes(body, random);
  if (way < 0.99) return random.bytes(random.between(0, 300));
  return Buffer.alloc(random.between(60_000, 70_000), body.length === 0 ? 'x' : body);
}

/** The content type that is meant, or one that PBXs, or nobody, would send. */
export function toContentType(random: Random, meant: string): Field[] {
  if (random.chance(0.7)) return [['Content-Type', meant]];
  if (random.chance(0.3)) return [];
  const charset = random.pick(['utf-8', 'iso-8859-1', '"latin1"', 'utf-16', 'utf-7', 'x'.repeat(300)]);
  const type = random.pick([
    'application/x-www-form-urlencoded',
    'application/json',
    'text/xml',
    'application/soap+xml',
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/json/xml;form',
    'garbage/;;="',
    pickHostile(random),
  ]);
  return [['Content-Type', random.chance(0.5) ? `${type}; charset=${charset}` : type]];
}

/** `POST` of a form. */
export function makeFormInput(random: Random, known: Known): HttpInput {
  const { callbackToken, names } = random.pick(known.companies);
  const query = random.chance(0.2) ? toForm(random, toFields(random, names)).toString('latin1') : '';
  return {
    host: 'webhook',
    method: 'POST',
    target: toCallbackTarget(random, callbackToken, query.replaceAll(/[^\x21-\x7e]/g, '+')),
    headers: toContentType(random, 'application/x-www-form-urlencoded'),
    body: spoil(random, toForm(random, toFields(random, names))),
  };
}

/** `GET`, or a `POST` without a body, with everything in the query; raw bytes too. */
export function makeQueryInput(random: Random, known: Known): HttpInput {
  if (random.chance(0.15)) return makeApiQueryInput(random, known);
  const { callbackToken, names } = random.pick(known.companies);
  const query = spoil(random, toForm(random, toFields(random, names))).subarray(0, 12_000);
  const raw = random.chance(0.3)
    ? query
    : Buffer.from(query.toString('latin1').replaceAll(/[^\x21-\x7e]/g, '+'));
  const path = toCallbackTarget(random, callbackToken, '');
  return {
    host: 'webhook',
    method: random.chance(0.8) ? 'GET' : 'POST',
    target: Buffer.concat([Buffer.from(`${path}?`), raw]),
    headers: random.chance(0.1) ? [['Authorization', `Basic ${random.bytes(12).toString('base64')}`]] : [],
    body: null,
  };
}

const API_FILTERS = [
  'tenant',
  'user',
  'ramal',
  'direction',
  'state',
  'result',
  'number',
  'from',
  'to',
  'limit',
  'cursor',
];
const API_VALUES = [
  'demo',
  'ana',
  '3501',
  'inbound',
  'ended',
  'completed',
  '4790',
  '2026-11-22T20:44:33Z',
  '200',
  '0',
  'e30',
  'MjAyNi0xMS0yMlQyMDo0NDozM1osMDE',
];

/** The history's filters. */
function makeApiQueryInput(random: Random, known: Known): HttpInput {
  const fields = Array.from(
    { length: random.between(0, 6) },
    (): Field => [
      random.pick(API_FILTERS),
      random.chance(0.6) ? random.pick(API_VALUES) : pickHostile(random),
    ],
  );
  if (random.chance(0.8)) fields.unshift(['tenant', 'demo']);
  const query = spoil(random, toForm(random, fields)).subarray(0, 12_000);
  const path = random.pick([
    '/v1/calls',
    '/v1/presence',
    '/v1/calls/01a20500-e121-73a0-950c-b22f42cfd4aa/timeline',
  ]);
  return {
    host: 'api',
    method: 'GET',
    target: Buffer.concat([
      Buffer.from(`${path}?`),
      Buffer.from(query.toString('latin1').replaceAll(/[^\x21-\x7e]/g, '+')),
    ]),
    headers: [['Authorization', `Bearer ${known.apiKey}`]],
    body: null,
  };
}
