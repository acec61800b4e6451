/*
 * Ramal in a page of a CRM, in one line:
 *
 *   <script src="https://ramal.example/ramal.js" data-session-url="session.php" defer></script>
 *
 * `data-session-url` is an address of the CRM that answers a POST with what `POST /v1/sessions` gave it for the
 * signed-in user. The script shows the pop-ups, dials on clicks on `tel:` links and on elements with
 * `data-ramal-dial`, and dispatches ramal:status, ramal:popup, ramal:call and ramal:dial on document.
 * It runs under a Content-Security-Policy without 'unsafe-…': allow this host in script-src, the gateway in
 * connect-src.
 */
(function () {
  'use strict';

  // The service puts the version of its files here, so that browsers may keep them for good.
  const VERSION = 'current';
  const script = document.currentScript;

  // Included twice, or an element's id took the name: `window.ramal` is ours only if it can dial.
  if (script === null || (window.ramal && typeof window.ramal.dial === 'function')) return;
  const sessionUrl = script.dataset.sessionUrl;
  if (!sessionUrl) {
    console.error('ramal.js: the script tag needs data-session-url');
    return;
  }

  const started = import(new URL(`ramal/${VERSION}/drop-in.js`, script.src).href).then((module) =>
    module.startDropIn({ sessionUrl }),
  );
  started.catch((error) => console.error('ramal.js could not start:', error));

  window.ramal = Object.freeze({
    /**
     * Calls a number from the agent's extension, once. `context`: a few words of the CRM's own, which come back
     * with the call's events. Resolves with {intentId, callId}; rejects with an error that has a stable `code`.
     */
    dial(number, context) {
      return started.then((dropIn) => dropIn.dial(number, context));
    },
  });
})();
