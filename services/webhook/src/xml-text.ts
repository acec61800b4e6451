import { isUtf8 } from 'node:buffer';
import { WireError } from '@ramal/runtime';

/** The only encodings that are read; in all of them the bytes of `<!DOCTYPE` are what they are in ASCII. */
const ENCODINGS: ReadonlyMap<string, 'utf-8' | 'windows-1252'> = new Map([
  ['utf-8', 'utf-8'],
  ['utf8', 'utf-8'],
  ['us-ascii', 'utf-8'],
  ['ascii', 'utf-8'],
  ['iso-8859-1', 'windows-1252'],
  ['iso8859-1', 'windows-1252'],
  ['latin1', 'windows-1252'],
  ['windows-1252', 'windows-1252'],
  ['cp1252', 'windows-1252'],
]);

/** More than a call's variables ever need, few enough to decode in no time. */
const MOST_CHARACTER_REFERENCES = 2_000;

/**
 * The text of an XML body, checked before any parser sees it: no document type, no entities, no encoding in which
 * those could hide. The content type and the prolog may both name the encoding; of the two, the one that the bytes
 * are in counts.
 * @throws WireError `bad_request`
 */
export function decodeXml(body: Buffer, contentType: string): string {
  // UTF-16 and UTF-32 hold zero bytes, XML in any other encoding never does.
  if (body.includes(0)) throw refuse('XML is read in UTF-8 and ISO-8859-1 only');
  const text = new TextDecoder(toEncoding(body, contentType)).decode(body).trimStart();
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw refuse('XML with a document type or entities is not read');
  if ((text.match(/&#/g)?.length ?? 0) > MOST_CHARACTER_REFERENCES) {
    throw refuse('the XML holds too many character references');
  }
  return text;
}

function toEncoding(body: Buffer, contentType: string): 'utf-8' | 'windows-1252' {
  const prolog = body.toString('latin1', 0, 256);
  const declared = [
    /charset\s*=\s*["']?([\w.:-]+)/i.exec(contentType)?.[1],
    /^(?:\xEF\xBB\xBF)?\s*<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]+)["']/.exec(prolog)?.[1],
  ].flatMap((label) => {
    if (label === undefined) return [];
    const encoding = ENCODINGS.get(label.toLowerCase());
    if (encoding === undefined) throw refuse('XML is read in UTF-8 and ISO-8859-1 only');
    return [encoding];
  });
  // Senders copy the header and the prolog from elsewhere: what says UTF-8 and is none is ISO-8859-1.
  const mayBeUtf8 = declared.length === 0 || declared.includes('utf-8');
  return mayBeUtf8 && isUtf8(body) ? 'utf-8' : 'windows-1252';
}

function refuse(message: string): WireError {
  return new WireError('bad_request', message);
}
