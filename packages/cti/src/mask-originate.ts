import type { OriginateRequest } from './originate-request.ts';
import { encodeUrlValue } from './url-value.ts';

const HIDDEN = '***';
/** A fixed query of the configured path may carry a key of the CTI's own. */
const SECRET_NAME = /token|key|chave|secret|segredo|senha|pass|pwd|auth|sign|hash/i;

/** All but the last two digits hidden; a number of two digits is hidden whole (I8). */
export function maskNumber(number: string): string {
  return number.length <= 2 ? '*'.repeat(number.length) : '*'.repeat(number.length - 2) + number.slice(-2);
}

/** The request as logs and dry runs may show it: no secret, and of the number its last two digits (I8). */
export function maskOriginate(request: OriginateRequest): OriginateRequest {
  const path = maskQuery(request.path, encodeUrlValue(request.dialled), maskNumber(request.dialled));
  return {
    ...request,
    url: request.url.slice(0, -request.path.length) + path,
    path,
    headers: Object.fromEntries(Object.keys(request.headers).map((name) => [name, HIDDEN])),
    dialled: maskNumber(request.dialled),
  };
}

/** A configured path as messages may show it: what its query names a key, token or password is hidden (I8). */
export function maskPath(path: string): string {
  return maskQuery(path, '', '');
}

function maskQuery(path: string, number: string, maskedNumber: string): string {
  const start = path.indexOf('?') + 1;
  const pairs = path.slice(start).split('&');
  const masked = pairs.map((pair) => {
    const equals = pair.indexOf('=');
    if (equals === -1) return pair;
    const name = pair.slice(0, equals);
    if (SECRET_NAME.test(name)) return `${name}=${HIDDEN}`;
    return pair.slice(equals + 1) === number ? `${name}=${maskedNumber}` : pair;
  });
  return path.slice(0, start) + masked.join('&');
}
