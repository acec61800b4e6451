import type { Known } from './known.ts';
import { pickHostile } from './hostile-texts.ts';
import type { HttpHost, HttpInput } from './http-input.ts';
import { mutateBytes } from './mutate-bytes.ts';
import type { Random } from './random.ts';

const CALL_ID = '01a20500-e121-73a0-950c-b22f42cfd4aa';
const METHODS = [
  'GET',
  'GET',
  'GET',
  'GET',
  'POST',
  'POST',
  'HEAD',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'get',
  'XYZZY',
  'CONNECT',
];
const SEGMENTS = [
  '.',
  '..',
  '...',
  '',
  '%2e%2e',
  '%2E',
  '%00',
  '%2f',
  '%5c',
  '\\',
  ';a=b',
  '%',
  '%zz',
  '%c0%af',
  '%u0000',
  '*',
  ':token',
  '{callbackToken}',
  '%0d%0aX:%20y',
  '~',
  'v1',
  'V1',
  'cti',
];

const PATHS: Record<HttpHost, readonly string[]> = {
  webhook: [
    '/v1/cti/TOKEN/incoming',
    '/v1/cti/TOKEN/ended',
    '/v1/cti/x/ended',
    '/wconnect/TOKEN/WConnect_MonitoraRamal.php',
    '/wconnect/WConnect_WSDL_ConsultaRamal.php',
    '/',
  ],
  api: [
    '/v1/calls',
    `/v1/calls/${CALL_ID}`,
    `/v1/calls/${CALL_ID}/events`,
    `/v1/calls/${CALL_ID}/timeline`,
    '/v1/presence',
    '/v1/sessions',
    '/openapi.json',
    '/healthz',
    '/readyz',
    '/metrics',
    '/ramal.js',
    '/',
  ],
  gateway: ['/v1/agent', '/'],
};

/** An address: of ours, with hostile parts, encoded once too often, spoiled, or far too long. */
export function makePathInput(random: Random, known: Known): HttpInput {
  const host = random.pick<HttpHost>(['webhook', 'webhook', 'webhook', 'api', 'api', 'api', 'gateway']);
  const { callbackToken } = random.pick(known.companies);
  const path = random.pick(PATHS[host]).replace('TOKEN', callbackToken);
  const query = random.chance(0.3)
    ? random.pick(['?tenant=demo', '?', '??', '?wsdl', '?WSDL=1', '#x', '?a=%', '?__proto__=1'])
    : '';
  const method = random.pick(METHODS);
  const credential = random.chance(0.7) ? [['Authorization', `Bearer ${known.apiKey}`] as const] : [];
  const hostile = random.chance(0.1) ? [[random.pick(HEADERS), pickHostile(random)] as const] : [];
  const bodied = method !== 'GET' && method !== 'HEAD' && random.chance(0.3);
  return {
    host,
    method,
    target: toTarget(random, path, query),
    headers: host === 'api' ? [...credential, ...hostile] : hostile,
    body: bodied ? random.bytes(random.between(0, 40)) : null,
  };
}

/** Whose values somebody reads. */
const HEADERS = [
  'Accept',
  'Authorization',
  'X-Api-Key',
  'Content-Type',
  'Cookie',
  'X-Forwarded-For',
  'Forwarded',
  'Origin',
  'Referer',
  'Accept-Encoding',
  'Range',
  'If-None-Match',
  'X-Request-Id',
  'Sec-WebSocket-Protocol',
];

function toTarget(random: Random, path: string, query: string): Buffer {
  const way = random.next();
  if (way < 0.35) return Buffer.from(withHostileParts(random, path) + query);
  if (way < 0.7) return mutateBytes(Buffer.from(path + query), random, 4);
  if (way < 0.78) return Buffer.from(escapeAll(path) + query);
  if (way < 0.84)
    return Buffer.from(
      random.pick(['', '/', '//', '*', 'http://other.example/', 'https://x:99999/', '/..;/', '/%2e/']) +
        path +
        query,
    );
  if (way < 0.9) return Buffer.from(path.split('/').join('//') + query);
  if (way < 0.95)
    return Buffer.from(
      `${path}/${random.pick(['a', '%41', '../', 'é', '%00'])}`.padEnd(random.between(100, 20_000), 'x') +
        query,
    );
  return random.bytes(random.between(1, 60));
}

function withHostileParts(random: Random, path: string): string {
  const parts = path.split('/');
  const hostile = random.chance(0.6)
    ? random.pick(SEGMENTS)
    : random.chance(0.7)
      ? encodeURIComponent(Buffer.from(pickHostile(random)).toString())
      : pickHostile(random);
  parts.splice(random.between(1, parts.length), random.chance(0.6) ? 1 : 0, hostile);
  return parts.join('/');
}

function escapeAll(path: string): string {
  return path.replaceAll(/[^/]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
}
