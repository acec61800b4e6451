import { WireError } from '@ramal/runtime';
import { SaxesParser } from 'saxes';

/** An element as plain data; names carry no prefix. */
export interface XmlElement {
  readonly name: string;
  /** The namespace's URI, "" for none. */
  readonly namespace: string;
  /** SOAP's mark on a header that the receiver must not ignore. */
  readonly mustUnderstand: boolean;
  readonly children: XmlElement[];
  /** Text and CDATA directly inside, trimmed. */
  text: string;
}

const DEEPEST = 32;
const MOST_ELEMENTS = 2_000;

/**
 * Reads text that `decodeXml` has checked. Strict: what is not well-formed, or deeper or longer than any callback,
 * is refused.
 * @throws WireError `bad_request`
 */
export function parseXml(text: string): XmlElement {
  // XML 1.1 would allow control characters.
  const parser = new SaxesParser({ xmlns: true, defaultXMLVersion: '1.0', forceXMLVersion: true });
  const open: XmlElement[] = [];
  let root: XmlElement | undefined;
  let count = 0;
  parser.on('opentag', ({ local, uri, attributes }) => {
    count += 1;
    if (open.length >= DEEPEST || count > MOST_ELEMENTS) throw refuse('the XML is too deep or too long');
    const mustUnderstand = Object.values(attributes).some(
      (attribute) => attribute.local === 'mustUnderstand' && /^(?:1|true)$/.test(attribute.value.trim()),
    );
    const element: XmlElement = { name: local, namespace: uri, mustUnderstand, children: [], text: '' };
    open.at(-1)?.children.push(element);
    open.push(element);
    root ??= element;
  });
  const addText = (part: string) => {
    const element = open.at(-1);
    if (element !== undefined) element.text += part;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const element = open.pop();
    if (element !== undefined) element.text = element.text.trim();
  });
  try {
    parser.write(text).close();
  } catch (error) {
    // The parser's own message may quote the body.
    throw error instanceof WireError ? error : refuse('the body is not well-formed XML');
  }
  if (root === undefined) throw refuse('the body is not well-formed XML');
  return root;
}

function refuse(message: string): WireError {
  return new WireError('bad_request', message);
}
