import type { ShownPopup } from '@ramal/client';
import { toShown } from './to-shown.ts';

/** Whose number a pop-up's is: a name, at once or later; null or undefined when nobody knows. */
export type NameOf = (popup: ShownPopup) => string | null | undefined | Promise<string | null | undefined>;

/** The names that the host knows, each asked for once for a call. */
export class NameBook {
  readonly #names = new Map<string, string | null>();
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get({ callId }: ShownPopup): string | null {
    return this.#names.get(callId) ?? null;
  }

  ask(popups: readonly ShownPopup[], nameOf: NameOf | null): void {
    if (nameOf === null) return;
    for (const popup of popups) {
      if (this.#names.has(popup.callId)) continue;
      this.#names.set(popup.callId, null);
      const learn = (name: string | null | undefined) => {
        if (typeof name !== 'string' || name === '') return;
        this.#names.set(popup.callId, toShown(name));
        this.#onChange();
      };
      // Whatever the host's function does, the pop-up stands.
      const failed = (error: unknown) => console.error('ramal-popup: nameOf failed', error);
      try {
        const answer = nameOf(popup);
        if (answer instanceof Promise) answer.then(learn, failed);
        else learn(answer);
      } catch (error) {
        failed(error);
      }
    }
  }

  clear(): void {
    this.#names.clear();
  }
}
