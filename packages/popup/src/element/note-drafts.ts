import type { ShownPopup } from '@ramal/client';

export type NoteState = 'idle' | 'saving' | 'saved' | 'failed';

export interface NoteDetail {
  callId: string;
  /** What the person wrote: text, never HTML. */
  text: string;
  popup: ShownPopup;
  /** The pop-up says "saving" until this settles, and keeps the text to try again where it rejects. */
  waitUntil(saved: Promise<unknown>): void;
}

interface Draft {
  text: string;
  /** What the host has been given. */
  handed: string;
  state: NoteState;
  popup: ShownPopup;
}

/**
 * What the person writes about calls, by call: it goes on from the pop-up of a call's start to that of its end. The host
 * saves it; nothing that was written is thrown away unsaid.
 */
export class NoteDrafts {
  readonly #drafts = new Map<string, Draft>();
  readonly #hand: (detail: NoteDetail) => void;
  readonly #onChange: () => void;

  /** @param hand gives a note to the host */
  constructor(deps: { hand: (detail: NoteDetail) => void; onChange: () => void }) {
    this.#hand = deps.hand;
    this.#onChange = deps.onChange;
  }

  get(callId: string): { text: string; state: NoteState } {
    return this.#drafts.get(callId) ?? { text: '', state: 'idle' };
  }

  write(popup: ShownPopup, text: string): void {
    const { handed = '' } = this.#drafts.get(popup.callId) ?? {};
    this.#drafts.set(popup.callId, { text, handed, state: 'idle', popup });
    this.#onChange();
  }

  /** Gives the note to the host, if it is news. */
  save(callId: string): void {
    const draft = this.#drafts.get(callId);
    if (draft === undefined || draft.text.trim() === '' || draft.text === draft.handed) return;
    const { text, popup } = draft;
    const waits: Promise<unknown>[] = [];
    draft.handed = text;
    this.#hand({ callId, text: text.trim(), popup, waitUntil: (saved) => void waits.push(saved) });
    const settle = (state: NoteState) => {
      draft.state = state;
      this.#onChange();
    };
    if (waits.length === 0) return settle('saved');
    settle('saving');
    Promise.all(waits).then(
      () => settle('saved'),
      () => {
        draft.handed = '';
        settle('failed');
      },
    );
  }

  /** The call's last pop-up is gone: what was not saved is handed over now. */
  close(callId: string): void {
    this.save(callId);
    this.#drafts.delete(callId);
  }

  closeAll(): void {
    for (const callId of [...this.#drafts.keys()]) this.close(callId);
  }
}
