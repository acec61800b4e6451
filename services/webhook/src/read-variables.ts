import { isUtf8 } from 'node:buffer';
import { WireError } from '@ramal/runtime';
import { readXml } from './xml-variables.ts';

export type Variable = readonly [name: string, value: string];

const MOST_VARIABLES = 200;
const DEEPEST = 4;

/**
 * The variables of a callback, wherever the CTI put them: the query, then the body as form, JSON or XML, SOAP
 * included. The body's look decides, because PBXs' content types are often wrong; only what calls itself a form is
 * one in any case.
 * @throws WireError `bad_request` for a body that looks like JSON or XML and does not parse
 */
export function readVariables(query: string, contentType: string, body: Buffer | null): Variable[] {
  const variables = readForm(query);
  if (body === null || body.length === 0) return variables;
  if (isXml(body, contentType)) {
    return [...variables, ...readXml(body, contentType)].slice(0, MOST_VARIABLES);
  }
  const text = decode(body, contentType);
  const isJson = !/\bform\b/i.test(contentType) && /^\s*[{[]/.test(text);
  return [...variables, ...(isJson ? readJson(text) : readForm(text))].slice(0, MOST_VARIABLES);
}

function isXml(body: Buffer, contentType: string): boolean {
  if (/\b(?:json|form)\b/i.test(contentType)) return false;
  return /\bxml\b/i.test(contentType) || /^(?:\xEF\xBB\xBF)?\s*</.test(body.toString('latin1', 0, 64));
}

function readForm(text: string): Variable[] {
  return [...new URLSearchParams(toUtf8Escapes(text))].slice(0, MOST_VARIABLES);
}

/** Escaped bytes that are no UTF-8 are read as ISO-8859-1: a query has no word that would say so. */
function toUtf8Escapes(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    const bytes = Buffer.from(run.replaceAll('%', ''), 'hex');
    return isUtf8(bytes) ? run : encodeURIComponent(new TextDecoder('windows-1252').decode(bytes));
  });
}

function readJson(text: string): Variable[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new WireError('bad_request', 'the body is not JSON');
  }
  return flatten('', parsed, 0).slice(0, MOST_VARIABLES);
}

/** Nested values get dotted names, so that a tenant can configure `call.id`. */
function flatten(name: string, value: unknown, depth: number): Variable[] {
  if (value === null || value === undefined) return [];
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return name === '' ? [] : [[name, String(value)]];
  }
  if (typeof value !== 'object' || depth >= DEEPEST) return [];
  return Object.entries(value)
    .slice(0, MOST_VARIABLES)
    .flatMap(([key, inner]) => flatten(name === '' ? key : `${name}.${key}`, inner, depth + 1));
}

/** UTF-8, with or without a byte order mark, unless the content type says ISO-8859-1, which old PBXs still write. */
function decode(body: Buffer, contentType: string): string {
  return /charset\s*=\s*"?(iso-8859-1|latin1|windows-1252)/i.test(contentType)
    ? new TextDecoder('windows-1252').decode(body)
    : new TextDecoder().decode(body);
}
