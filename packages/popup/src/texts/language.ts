import { en } from './en.ts';
import { es } from './es.ts';
import { pt } from './pt-br.ts';
import type { Texts } from './texts.ts';

export type Language = 'pt-BR' | 'en' | 'es';

export const DICTIONARIES: Record<Language, Texts> = { 'pt-BR': pt, en, es };
const LANGUAGES = Object.keys(DICTIONARIES) as Language[];

/** The first of these that we speak, whatever its region, else English. */
export function toLanguage(tags: readonly (string | null | undefined)[]): Language {
  for (const tag of tags) {
    const [spoken] = (tag ?? '').toLowerCase().split('-');
    const known = LANGUAGES.find((language) => language.slice(0, 2) === spoken);
    if (known !== undefined) return known;
  }
  return 'en';
}

/** The language of an element: `lang` of the nearest element around it that has one, else the browser's. */
export function languageOf(element: Element): Language {
  return toLanguage([nearestLang(element), ...navigator.languages, navigator.language]);
}

function nearestLang(from: Element): string | null {
  for (let at: Element | null = from; at !== null; at = outOf(at)) {
    const lang = at.getAttribute('lang');
    if (lang !== null && lang !== '') return lang;
  }
  return null;
}

/** The element that this one stands in, also across the edge of a shadow root. */
function outOf(element: Element): Element | null {
  if (element.parentElement !== null) return element.parentElement;
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? root.host : null;
}
