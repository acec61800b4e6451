import { DICTIONARIES } from './texts.js';

/** The language of all texts: the first of the browser's that we have, else English. */
export let LANGUAGE = toKnown(browserLanguages());
let texts = DICTIONARIES[LANGUAGE];

/** Puts a page's own language before the browser's; "" and unknown ones change nothing. */
export function preferLanguage(tag) {
  LANGUAGE = toKnown([tag, ...browserLanguages()]);
  texts = DICTIONARIES[LANGUAGE];
}

function browserLanguages() {
  return navigator.languages?.length ? navigator.languages : [navigator.language];
}

function toKnown(tags) {
  const known = Object.keys(DICTIONARIES);
  const matches = tags.map((tag) => known.find((one) => one.slice(0, 2) === tag.slice(0, 2).toLowerCase()));
  return matches.find((one) => one !== undefined) ?? 'en';
}

/** A text of the page. `{name}` in it stands for the value of that name. */
export function text(key, values = {}) {
  const template = texts[key] ?? DICTIONARIES.en[key] ?? key;
  return template.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

/** The text of a code of the protocol, or what came with it when the code is newer than this page. */
export function codeText(kind, code, fallback = code) {
  return texts[`${kind}.${code}`] ?? DICTIONARIES.en[`${kind}.${code}`] ?? fallback;
}

/** Why a request of an agent failed. */
export function errorText({ code, message }) {
  return code === 'connection_lost' ? text('lost') : codeText('error', code, message);
}

/** Puts the texts into the page. */
export function translatePage() {
  document.documentElement.lang = LANGUAGE;
  for (const node of document.querySelectorAll('[data-text]')) node.textContent = text(node.dataset.text);
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
