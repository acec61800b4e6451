/**
 * Makes an element. Text is always text: nothing a telephone system says is read as HTML.
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** The element of this id, which the page holds. */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page lacks #${id}`);
  return found;
}

/** Sets text only when it changes, so that a screen reader is not told the same thing twice. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Beyond this nobody reads a number or a name. */
const MOST_SHOWN = 120;

/**
 * What a telephone system or another person wrote, as one line that shows what it holds: no control characters, none
 * that turn the direction of the text around (a number could be made to read backwards), and not without end.
 */
export function toShown(text) {
  const plain = text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
  const letters = [...plain];
  return letters.length > MOST_SHOWN ? `${letters.slice(0, MOST_SHOWN).join('')}…` : plain;
}

/** Shows a notice, or takes it away with "". */
export function setNotice(node, text, kind = 'hint') {
  node.dataset.kind = kind;
  setText(node, text);
}

/** A recording's address if a browser may fetch it, else null. */
export function toMediaUrl(recording) {
  if (!recording) return null;
  try {
    const url = new URL(recording);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
  } catch {
    return null;
  }
}
