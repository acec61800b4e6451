import type { Variable } from './read-variables.ts';
import { decodeXml } from './xml-text.ts';
import { parseXml, type XmlElement } from './xml-elements.ts';

/**
 * The variables of an XML body, SOAP or not: the leaves' names, without prefixes, and their texts.
 * @throws WireError `bad_request` for XML that is refused or not well-formed
 */
export function readXml(body: Buffer, contentType: string): Variable[] {
  return toLeaves(parseXml(decodeXml(body, contentType)));
}

/** The leaves below an element, in the document's order. PHP writes arrays as pairs of `key` and `value`. */
export function toLeaves(element: XmlElement): Variable[] {
  return element.children.flatMap((child): Variable[] => {
    const [first, second] = child.children;
    if (first === undefined) return [[child.name, child.text]];
    if (child.children.length === 2 && first.name === 'key' && second?.name === 'value') {
      return second.children.length === 0 ? [[first.text, second.text]] : toLeaves(second);
    }
    return toLeaves(child);
  });
}
