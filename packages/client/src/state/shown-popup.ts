import type { HiddenBecause, Popup } from '../wire.ts';

/** A pop-up that stands. Exactly one of the agent's tabs and devices has it with `claimed`: that one brings it to the front. */
export interface ShownPopup extends Popup {
  claimed: boolean;
}

/**
 * Why a pop-up does not stand any more. Beside what the gateway says: `expired` by the server's clock; `lost`, it was gone
 * when the connection came back and nobody can say since when.
 */
export type PopupGoneBecause = HiddenBecause | 'expired' | 'lost';

/** How the agent's pop-ups change. */
export interface PopupEvents {
  /** Never twice for a `popupId`. `standing`: it was there before this page was. */
  'popup.show': { popup: ShownPopup; standing: boolean };
  'popup.update': { popup: ShownPopup };
  /** This tab is, or is no longer, the one that brings it to the front. */
  'popup.claim': { popup: ShownPopup };
  'popup.hide': { popup: ShownPopup; because: PopupGoneBecause };
}
