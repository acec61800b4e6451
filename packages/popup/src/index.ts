import { RamalPopup } from './element/ramal-popup.ts';

export { connect, RamalError } from '@ramal/client';
export { type DialClicks, listenForDials } from './click-to-dial.ts';
export type { NameOf } from './element/name-book.ts';
export type { NoteDetail } from './element/note-drafts.ts';
export type { ScreenPop } from './element/screen-pop.ts';
export { DICTIONARIES, type Language } from './texts/language.ts';
export { RamalPopup };

// A page may hold two copies of this package: the first one names the element.
if (customElements.get('ramal-popup') === undefined) customElements.define('ramal-popup', RamalPopup);
