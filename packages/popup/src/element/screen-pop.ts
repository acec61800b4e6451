import type { CallContext, ShownPopup } from '@ramal/client';

/** What a CRM needs to open the right record. */
export interface ScreenPop {
  popup: ShownPopup;
  /** The far end's number: E.164 where it is known, else as it came; "" when withheld. */
  number: string;
  /** The words that a dial was given, if it was one of this CRM. */
  context: CallContext | null;
  /** `call`: a call came in; `person`: somebody pressed the button or the notice. */
  by: 'call' | 'person';
}

export function toScreenPop(popup: ShownPopup, by: ScreenPop['by']): ScreenPop {
  return { popup, number: popup.peer.e164 ?? popup.peer.raw, context: popup.context ?? null, by };
}
