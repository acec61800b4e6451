import { toSheet } from './drop-in-panel.js';

const DIALS = 'a[href^="tel:" i], [data-ramal-dial]';

/**
 * Makes the page's numbers dial: `tel:` links and elements with `data-ramal-dial`, also those that are added
 * later. While it is not ready they do what they do without it: a form posts, a link goes to the system's telephone.
 *
 * @param isReady whether a call can be made
 * @param dial called with the number
 */
export function listenForDials({ isReady, dial }) {
  // A sheet and not an attribute: it holds for elements that come later too.
  const hidden = toSheet('[data-ramal-dial] { display: none !important; }');
  hidden.disabled = true;
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, hidden];

  document.addEventListener('click', (event) => {
    const [target] = event.composedPath();
    const dialled = target instanceof Element ? target.closest(DIALS) : null;
    const modified = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (dialled === null || event.defaultPrevented || modified || !isReady()) return;
    event.preventDefault();
    // The second click of a double click is no second call.
    if (event.detail <= 1) dial(toNumber(dialled));
  });

  return {
    /** Takes the buttons away where calls are switched off (R1), or brings them back. */
    setHidden: (isHidden) => {
      hidden.disabled = !isHidden;
    },
  };
}

function toNumber(dialled) {
  const given = dialled.dataset.ramalDial;
  if (given) return given;
  const href = dialled.getAttribute('href') ?? '';
  if (!/^tel:/i.test(href)) return dialled.textContent.trim();
  const [number] = href.slice('tel:'.length).split(';');
  try {
    return decodeURIComponent(number);
  } catch {
    return number;
  }
}
