import type { CtiStatus, RamalClient } from '@ramal/client';

const DIALS = 'a[href^="tel:" i], [data-ramal-dial]';
/** Elements that a keyboard reaches by themselves. */
const OPERABLE = 'a[href], button, input, select, textarea, summary, [tabindex]';
/** Two clicks on one element this close are one (ms); the gateway holds two clicks on one number for one besides. */
const ONE_CLICK_MS = 1_000;

export interface DialClicks {
  /** After a change of whether calls can be made. */
  refresh(): void;
  end(): void;
}

/**
 * Makes the document's numbers dial: `tel:` links and elements with `data-ramal-dial`, also those that come later. While
 * no call can be made they do what they do without it: a form posts, a link goes to the system's telephone. Where calls
 * are switched off (R1) the marked elements are hidden.
 *
 * @param dial called with the number, once for each click
 */
export function listenForDials(deps: {
  getClient: () => Pick<RamalClient, 'status' | 'cti'> | null;
  dial: (number: string) => void;
}): DialClicks {
  const ends = new AbortController();
  const { signal } = ends;
  const hiding = hideDialButtons();
  let last: { element: Element; atMs: number } | null = null;

  const isReady = () => {
    const client = deps.getClient();
    return client !== null && client.status.state === 'connected' && client.cti?.enabled === true;
  };
  const press = (event: Event, dialled: HTMLElement) => {
    event.preventDefault();
    const atMs = event.timeStamp;
    const isAgain = last?.element === dialled && atMs - last.atMs < ONE_CLICK_MS;
    last = { element: dialled, atMs };
    if (!isAgain) deps.dial(toNumber(dialled));
  };

  document.addEventListener(
    'click',
    (event) => {
      const dialled = toDialled(event);
      const modified = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
      if (dialled === null || event.defaultPrevented || modified || !isReady()) return;
      press(event, dialled);
    },
    { signal },
  );
  document.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      const dialled = toDialled(event);
      if (dialled?.dataset['ramalOperable'] === undefined || event.target !== dialled) return;
      if (event.defaultPrevented || event.repeat || !isReady()) return;
      press(event, dialled);
    },
    { signal },
  );

  makeOperable(document);
  const observer = new MutationObserver((changes) => {
    for (const { addedNodes, target, type } of changes) {
      if (type === 'attributes') makeOperable(target as Element);
      for (const node of addedNodes) if (node instanceof Element) makeOperable(node);
    }
  });
  observer.observe(document, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ['data-ramal-dial'],
  });

  const clicks: DialClicks = {
    refresh: () => {
      hiding.disabled = !isOff(deps.getClient()?.cti ?? null);
    },
    end: () => {
      ends.abort();
      observer.disconnect();
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== hiding);
    },
  };
  clicks.refresh();
  return clicks;
}

/** A sheet and not an attribute: it holds for elements that come later too. */
function hideDialButtons(): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('[data-ramal-dial] { display: none !important; }');
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  return sheet;
}

/** Buttons that only wait for the connection stay where they are. */
function isOff(cti: CtiStatus | null): boolean {
  return cti !== null && !cti.enabled && cti.state !== 'unavailable';
}

function toDialled(event: Event): HTMLElement | null {
  const [target] = event.composedPath();
  return target instanceof Element ? target.closest<HTMLElement>(DIALS) : null;
}

/** A number in a `<span>` is a button for the keyboard and for a screen reader too. */
function makeOperable(within: Element | Document): void {
  const marked = [...within.querySelectorAll<HTMLElement>('[data-ramal-dial]')];
  if (within instanceof HTMLElement && within.matches('[data-ramal-dial]')) marked.push(within);
  for (const element of marked) {
    if (element.matches(OPERABLE)) continue;
    element.dataset['ramalOperable'] = '';
    element.tabIndex = 0;
    if (!element.hasAttribute('role')) element.setAttribute('role', 'button');
  }
}

function toNumber(dialled: HTMLElement): string {
  const given = dialled.dataset['ramalDial'];
  if (given !== undefined && given !== '') return given;
  const href = dialled.getAttribute('href') ?? '';
  if (!/^tel:/i.test(href)) return (dialled.textContent ?? '').trim();
  const [number = ''] = href.slice('tel:'.length).split(';');
  try {
    return decodeURIComponent(number);
  } catch {
    return number;
  }
}
