import { createHmac } from 'node:crypto';
import { AGENT_TOKEN } from '@ramal/contracts';
import { pickHostile } from './hostile-texts.ts';
import type { HttpInput } from './http-input.ts';
import { isGenuine } from './is-genuine.ts';
import { toJsonText, toJsonValue } from './json-inputs.ts';
import type { Known } from './known.ts';
import { mutateBytes } from './mutate-bytes.ts';
import type { Random } from './random.ts';
import type { SocketInput } from './socket-input.ts';
import { OPCODE, toFrameBytes } from './ws-frames.ts';

const HASHES: ReadonlyMap<unknown, string> = new Map([
  ['HS256', 'sha256'],
  ['HS384', 'sha384'],
  ['HS512', 'sha512'],
]);
const ALGORITHMS = [
  'none',
  'None',
  'nOnE',
  '',
  'hs256',
  'HS256 ',
  'RS256',
  'ES256',
  'PS256',
  'EdDSA',
  'A128KW',
  'dir',
];

function toHeader(random: Random): Record<string, unknown> {
  const header: Record<string, unknown> = { alg: 'HS256', typ: 'JWT' };
  if (random.chance(0.35)) {
    header['alg'] = random.chance(0.6) ? random.pick([...ALGORITHMS, ...HASHES.keys()]) : toJsonValue(random);
  }
  if (random.chance(0.3)) {
    const [name, value] = random.pick<[string, unknown]>([
      ['jku', 'http://127.0.0.1:1/jwks.json'],
      ['jwk', { kty: 'oct', k: 'AAAA' }],
      ['x5u', 'http://127.0.0.1:1/x'],
      ['x5c', ['AAAA']],
      ['kid', random.pick(['', '../../../../dev/null', "' or 1=1 --", '__proto__'])],
      ['crit', ['exp']],
      ['b64', false],
      ['cty', 'JWT'],
      ['zip', 'DEF'],
      [pickHostile(random), toJsonValue(random)],
    ]);
    header[name] = value;
  }
  return header;
}

function toClaims(random: Random): Record<string, unknown> {
  const nowSec = Math.floor(Date.now() / 1000);
  const claims: Record<string, unknown> = {
    sub: 'ana',
    tenant: 'demo',
    ramal: '3501',
    iss: AGENT_TOKEN.issuer,
    aud: AGENT_TOKEN.audience,
    iat: nowSec,
    exp: nowSec + 600,
  };
  for (let spoilt = random.between(0, 2); spoilt > 0; spoilt--) {
    const name = random.pick([
      'sub',
      'tenant',
      'ramal',
      'iss',
      'aud',
      'exp',
      'nbf',
      'iat',
      'jti',
      'roles',
      '__proto__',
    ]);
    if (random.chance(0.3)) delete claims[name];
    else if (/^(?:exp|nbf|iat)$/.test(name))
      claims[name] = random.pick<unknown>([
        0,
        -1,
        nowSec - 60,
        nowSec + 600,
        2 ** 53,
        1e300,
        String(nowSec + 600),
        null,
        [],
        nowSec + 0.5,
      ]);
    else
      claims[name] = random.pick<unknown>([
        pickHostile(random),
        toJsonValue(random),
        [claims[name]],
        'acme',
        'bruno',
      ]);
  }
  return claims;
}

/** A token: good, of another key or algorithm, with wrong claims, or spoilt in its form. */
export function makeJwt(random: Random, known: Known): { token: string; genuine: boolean } {
  const encode = (value: unknown) => Buffer.from(toJsonText(random, value)).toString('base64url');
  const header = toHeader(random);
  const signed = `${encode(header)}.${encode(toClaims(random))}`;
  const key = random.chance(0.7)
    ? known.secret
    : random.pick(['', 'secret', `${known.secret} `, known.secret.slice(1)]);
  const hash = HASHES.get(header['alg']) ?? 'sha256';
  const signature = random.chance(0.85)
    ? createHmac(hash, key).update(signed).digest('base64url')
    : random.pick(['', 'AAAA', random.bytes(32).toString('base64url')]);
  let token = `${signed}.${signature}`;
  const way = random.next();
  if (way > 0.97) token = `${token}${'.a'.repeat(random.between(1, 40))}`;
  else if (way > 0.94) token = token.slice(0, random.between(0, token.length));
  else if (way > 0.92) token = `${signed}.${'A'.repeat(random.between(1_000, 7_000))}`;
  else if (way > 0.8) token = mutateBytes(Buffer.from(token), random, 3).toString('latin1');
  // A header can hold no line's end: what is judged is what is sent.
  token = token.replaceAll(/[\r\n]/g, '');
  return { token, genuine: isGenuine(token, known.secret) };
}

/** A token where the api, the gateway and the old dialect read one. */
export function makeJwtInput(random: Random, known: Known): HttpInput | SocketInput {
  const { token, genuine } = makeJwt(random, known);
  const mustBeRefused = !genuine;
  const way = random.next();
  if (way < 0.75) {
    const scheme = random.chance(0.9) ? 'Bearer' : random.pick(['bearer', 'Token', 'Bearer ', '']);
    const headers = [['Authorization', `${scheme} ${token}`] as const];
    return { host: 'api', method: 'GET', target: '/v1/calls?limit=1', headers, body: null, mustBeRefused };
  }
  const text = Buffer.from(token).toString();
  const refresh = { op: 'auth.refresh', id: 'jwt', data: { token: text } };
  const first = random.chance(0.7)
    ? { op: 'auth', id: 'jwt', data: { token: text } }
    : { action: 'login', auth: { login: 'ana', passwd: text }, params: { tenant: 'demo', ramal: '3501' } };
  const kind = way < 0.93 ? 'message' : 'first';
  const payload = Buffer.from(JSON.stringify(kind === 'message' ? refresh : first));
  return {
    kind,
    legacy: 'action' in first,
    bytes: toFrameBytes({ opcode: OPCODE.text, payload }),
    mustBeRefused,
  };
}
