import { DICTIONARIES as POPUP_TEXTS } from './ramal-popup.js';
import { DICTIONARIES } from './texts.js';

/** The languages of the page. */
export const LANGUAGES = Object.keys(DICTIONARIES);

const REMEMBERED = 'ramal.lang';

/** The language of all texts: what was chosen here, else the first of the browser's that we have, else English. */
export const LANGUAGE = choose();
const texts = DICTIONARIES[LANGUAGE];
const codes = POPUP_TEXTS[LANGUAGE];

function choose() {
  const asked = new URLSearchParams(location.search).get('lang');
  if (LANGUAGES.includes(asked)) sessionStorage.setItem(REMEMBERED, asked);
  const tags = [asked, sessionStorage.getItem(REMEMBERED), ...navigator.languages, navigator.language];
  const matches = tags.map((tag) =>
    LANGUAGES.find((one) => one.slice(0, 2) === String(tag).slice(0, 2).toLowerCase()),
  );
  return matches.find((one) => one !== undefined) ?? 'en';
}

/** A text of the page. `{name}` in it stands for the value of that name. */
export function text(key, values = {}) {
  const template = texts[key] ?? codes[key] ?? key;
  return template.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

/** The words of a code of the protocol, as the pop-ups say it, or what came with it when the code is newer than these. */
export function codeText(kind, code, fallback = code) {
  return codes[`${kind}.${code}`] ?? fallback;
}

/** Why a request of an agent failed. */
export function errorText({ code, message }) {
  return codeText('error', code, message);
}

/** Puts the texts into the page. */
export function translatePage() {
  document.documentElement.lang = LANGUAGE;
  for (const node of document.querySelectorAll('[data-text]')) node.textContent = text(node.dataset.text);
  for (const node of document.querySelectorAll('[data-placeholder]')) {
    node.placeholder = text(node.dataset.placeholder);
  }
  for (const node of document.querySelectorAll('[data-label]')) {
    node.setAttribute('aria-label', text(node.dataset.label));
  }
}

/** Seconds as `m:ss`, from an hour on as `h:mm:ss`. */
export function toClock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const pad = (n) => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/** A moment as people here write it. */
export function toDateText(moment) {
  return new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'short', timeStyle: 'medium' }).format(
    new Date(moment),
  );
}
