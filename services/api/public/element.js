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
