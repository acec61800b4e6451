import { PANEL_STYLE } from './drop-in-style.js';
import { element, setNotice } from './element.js';
import { codeText, LANGUAGE, text } from './language.js';

const NOTICE_MS = 8_000;
/** A page that has just been opened, or a gateway that restarts, is no news to an agent. */
const QUIET_MS = 3_000;

/**
 * Where the pop-ups and short notices stand: a corner of the page in a shadow root, so that neither the CRM's
 * style nor ours touches the other's. Nothing of it is HTML from a string.
 */
export function openPanel() {
  const list = element('div', { class: 'cards', 'aria-live': 'polite', 'aria-relevant': 'additions text' });
  const notice = element('p', { class: 'notice', role: 'status' });
  const heading = element('section', { 'aria-label': text('calls'), tabindex: '-1', lang: LANGUAGE });
  heading.append(notice, list);

  const host = element('div', { 'data-ramal-panel': '' });
  const root = host.attachShadow({ mode: 'open' });
  // Unlike a <style>, a constructed sheet needs no leave of the page's Content-Security-Policy.
  root.adoptedStyleSheets = [toSheet(PANEL_STYLE)];
  root.append(heading);
  (document.body ?? document.documentElement).append(host);

  let timer = 0;
  const say = (words, kind = 'hint') => {
    clearTimeout(timer);
    setNotice(notice, words, kind);
    if (words !== '') timer = setTimeout(() => setNotice(notice, ''), NOTICE_MS);
  };
  let troubled = 0;
  const sayStatus = (status, reason) => {
    if (status === 'refused') {
      clearTimeout(troubled);
      const why = codeText('error', reason, text('signInAgain'));
      return setNotice(notice, `${codeText('status', status)} · ${why}`, 'problem');
    }
    if (status === 'waiting') troubled ||= setTimeout(() => say(codeText('status', 'waiting')), QUIET_MS);
    if (status === 'online') {
      clearTimeout(troubled);
      troubled = 0;
    }
    return undefined;
  };
  return { list, heading, say, sayStatus };
}

/** A style sheet that no policy forbids. */
export function toSheet(css) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}
