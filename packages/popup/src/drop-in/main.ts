/*
 * Ramal in a page of a CRM, in one line:
 *
 *   <script src="https://ramal.example/ramal.js" data-session-url="session.php" defer></script>
 *
 * `data-session-url` is an address of the CRM that answers a POST with what `POST /v1/sessions` gave it for the
 * signed-in user. It runs under a Content-Security-Policy without 'unsafe-…': allow this host in script-src, the gateway in
 * connect-src.
 */
import type { CallContext } from '@ramal/client';
import '../index.ts';
import { askForDesktopNotices } from '../element/desktop-notice.ts';
import { startDropIn } from './drop-in.ts';

function start(): void {
  const script = document.currentScript;
  const taken = (window as { ramal?: { dial?: unknown } }).ramal;
  // Included twice; or an element's id took the name: `window.ramal` is ours only if it can dial.
  if (!(script instanceof HTMLScriptElement) || typeof taken?.dial === 'function') return;
  const { sessionUrl, theme, place, clickToDial, notes, openButton } = script.dataset;
  if (sessionUrl === undefined || sessionUrl === '') {
    console.error('ramal.js: the script tag needs data-session-url');
    return;
  }
  const dropIn = startDropIn({
    sessionUrl,
    clickToDial: clickToDial !== 'off',
    notes: notes !== undefined,
    openButton: openButton !== undefined,
    theme: theme ?? null,
    place: place ?? null,
  });
  const ramal = Object.freeze({
    /**
     * Calls a number from the agent's extension, once. `context`: a few words of the CRM's own, which come back
     * with the call's events. Resolves with {intentId, callId}; rejects with an error that has a stable `code`.
     */
    dial: (number: string, context?: CallContext) => dropIn.dial(number, context),
    /** Asks the person whether the desktop may tell of calls. Call it from a click of theirs. */
    askForNotifications: askForDesktopNotices,
    /** The element, for its properties `nameOf` and `screenPop`. */
    popup: dropIn.popup,
  });
  Object.defineProperty(window, 'ramal', { value: ramal, configurable: true });
}

start();
