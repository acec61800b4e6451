import { type AnswerReason, type AnswerRules, foldText } from './answer-rules.ts';
import { USUAL_TEXTS } from './answer-texts.ts';
import { toExternalCallId } from './external-call-id.ts';

/** A CTI's answer to a dial as it came: the body as far as it was read. */
export interface AnswerContents {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  body: Uint8Array;
}

/** What an answer says beyond its status. */
export interface AnswerReading {
  /** The CTI's own id of the call it began, of an answer 2xx that is no refusal. */
  externalCallId?: string;
  /** Why there is no call. It explains, and never makes a dial that may have been placed one that was not (I1). */
  reason?: AnswerReason;
}

/**
 * Reads an answer by the tenant's rules. The tenant's texts count for any status, since many a CTI says 200 and the error
 * in the body; the usual ones for 4xx alone. Pure, linear in the body's length, and never throws, whatever the bytes.
 */
export function readAnswer(contents: AnswerContents, rules: AnswerRules): AnswerReading {
  const { status, headers } = contents;
  const text = toText(contents);
  const reason = findReason(text, status, rules);
  if (reason !== undefined) return { reason };
  if (status < 200 || status > 299) return {};
  const found = findId(text, headers, rules.id);
  const externalCallId = found === undefined ? undefined : toExternalCallId(found);
  return externalCallId === undefined ? {} : { externalCallId };
}

/** UTF-8, or ISO-8859-1 where the content type or the bytes say so; "" for what is packed, which nobody unpacks. */
function toText({ headers, body }: AnswerContents): string {
  const encoding = headerOf(headers, 'content-encoding')?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity') return '';
  const type = headerOf(headers, 'content-type') ?? '';
  if (!/charset\s*=\s*"?(?:iso-?8859|latin-?1|windows-125)/i.test(type)) {
    try {
      // As a stream: an answer that was cut ends in half a character, which says nothing about its encoding.
      return new TextDecoder('utf-8', { fatal: true }).decode(body, { stream: true });
    } catch {
      // Bytes that are no UTF-8.
    }
  }
  return new TextDecoder('iso-8859-1').decode(body);
}

function headerOf(headers: AnswerContents['headers'], name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return typeof value === 'string' ? value : value?.[0];
}

function findReason(text: string, status: number, rules: AnswerRules): AnswerReason | undefined {
  const refused = status >= 400 && status < 500;
  if (text === '' || (rules.reasons.length === 0 && !refused)) return undefined;
  const folded = foldText(unescapeText(text));
  const texts = refused ? [...rules.reasons, ...USUAL_TEXTS] : rules.reasons;
  return texts.find(([words]) => folded.includes(words))?.[1];
}

/** Accented letters as JSON (`\u00fa`) and HTML (`&uacute;`, `&#250;`) write them. */
function unescapeText(text: string): string {
  return text
    .replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/&([a-z])(?:acute|grave|circ|tilde|uml|cedil);/gi, '$1')
    .replace(/&#(\d{1,5});/g, (_, code: string) => String.fromCharCode(Number(code)));
}

function findId(
  text: string,
  headers: AnswerContents['headers'],
  rule: AnswerRules['id'],
): string | undefined {
  if (rule === '') return undefined;
  if ('header' in rule) return headerOf(headers, rule.header.toLowerCase());
  return 'pointer' in rule ? findByPointer(text, rule.pointer) : findBetween(text, rule.before, rule.after);
}

function findBetween(text: string, before: string, after: string): string | undefined {
  const found = text.indexOf(before);
  if (found === -1) return undefined;
  const rest = text.slice(found + before.length);
  if (after === '') return /^[^\r\n]*/.exec(rest)?.[0];
  const end = rest.indexOf(after);
  return end === -1 ? undefined : rest.slice(0, end);
}

/** A value of JSON by its pointer (RFC 6901): a string, or a number as it is written. */
function findByPointer(text: string, pointer: string): string | undefined {
  let value: unknown;
  try {
    const json = text.replace(/^\uFEFF/, '');
    JSON.parse(json);
    // Numbers as text: an id of 20 digits, or one that ends in zeros (1732312345.120), would come out as another.
    value = JSON.parse(
      json.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
        token.startsWith('"') ? token : `"${token}"`,
      ),
    );
  } catch {
    return undefined;
  }
  for (const step of pointer.slice(1).split('/')) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return typeof value === 'string' ? value : undefined;
}
