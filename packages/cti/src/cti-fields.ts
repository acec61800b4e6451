import { FieldProblem } from './column-text.ts';

export type AuthMode = 1 | 2 | 3 | 4;
export type HttpMethod = 'GET' | 'POST';
export type HttpProtocol = 'http' | 'https';

/** R2, R31: how the user authenticates at the CTI. */
export function readAuthMode(text: string): AuthMode | FieldProblem {
  if (text === '') return new FieldProblem('missing', 'the authentication mode is missing');
  return /^[1-4]$/.test(text)
    ? (Number(text) as AuthMode)
    : new FieldProblem('unknown_auth_mode', 'the authentication mode must be 1, 2, 3 or 4');
}

/** R3: anything but 10, a blank included, is a CTI we don't speak to. */
export function readType(text: string): 10 | FieldProblem {
  return text === '10' ? 10 : new FieldProblem('unsupported_cti_type', 'the CTI type must be 10');
}

/** R4: case and a trailing `://` don't matter. */
export function readProtocol(text: string): HttpProtocol | FieldProblem {
  if (text === '') return new FieldProblem('missing', 'the protocol is missing');
  const protocol = text.toLowerCase().replace(/:\/*$/, '');
  return protocol === 'http' || protocol === 'https'
    ? protocol
    : new FieldProblem('bad_protocol', 'the protocol must be http or https');
}

/** R6: `8.080` and `8 080` are 8080; null means the scheme's default. */
export function readPort(text: string): number | null | FieldProblem {
  const digits = text.replace(/[.\s]/g, '');
  if (text === '') return null;
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  return port >= 1 && port <= 65_535
    ? port
    : new FieldProblem('bad_port', 'the port must be 1 to 65535, or blank');
}

/**
 * Characters that travel in a request line as they are. Left out on purpose: `#` would swallow the variables that
 * follow, `\` and `'` are rewritten by URL parsers.
 */
const PATH = /^(?:[A-Za-z0-9._~!$&()*+,;=:@/?[\]-]|%[0-9A-Fa-f]{2})*$/;
const DOT_SEGMENT = /^(?:\.|%2e){1,2}$/i;

/** R7: the rest of the API's address, without leading slashes; may hold a query. */
export function readPath(text: string): string | FieldProblem {
  const path = text.replace(/^\/+/, '');
  const segments = path.split('?', 1).join('').split('/');
  return path.length <= 1024 && PATH.test(path) && !segments.some((segment) => DOT_SEGMENT.test(segment))
    ? path
    : new FieldProblem(
        'bad_path',
        'the path must be at most 1024 URL characters, others percent-encoded, without # and without . or .. steps',
      );
}

/** A 0/1 column; blank is 0. */
export function readFlag(text: string): boolean | FieldProblem {
  if (text === '' || text === '0') return false;
  return text === '1' ? true : new FieldProblem('bad_flag', 'must be 0 or 1');
}

/** R22: needed, and looked at, only where `usa_linha` is 1. */
export function readLineNumber(text: string): string | FieldProblem {
  return /^[0-9*#]{1,10}$/.test(text)
    ? text
    : new FieldProblem('bad_line_number', 'the line number must be 1 to 10 digits, * or #');
}

/** R23: GET where blank. */
export function readMethod(text: string): HttpMethod | FieldProblem {
  const method = text === '' ? 'GET' : text.toUpperCase();
  return method === 'GET' || method === 'POST'
    ? method
    : new FieldProblem('bad_method', 'the method must be GET or POST');
}

/** Names that mean something to JavaScript objects (threat 10). */
const RESERVED = new Set(['__proto__', 'prototype', 'constructor']);

/** R11, R12, R24-R28: a URL variable's name. What needs percent-encoding gets it when it is written. */
export function readVariableName(text: string): string | FieldProblem {
  if (text === '') return new FieldProblem('missing', 'the name of the variable is missing');
  return text.length <= 64 && !/\s/.test(text) && !RESERVED.has(text)
    ? text
    : new FieldProblem(
        'bad_variable_name',
        'a variable name holds 1 to 64 characters, no blanks, and is no reserved word',
      );
}
