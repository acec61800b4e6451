/**
 * Never takes the focus; but where a pop-up goes that has it, the focus goes to the next one, and after the last back to
 * where it came from: no keyboard user is left on an element that is gone.
 */
export class FocusKeeper {
  readonly #host: HTMLElement;
  #cameFrom: HTMLElement | null = null;
  #card: Element | null = null;

  constructor(host: HTMLElement) {
    this.#host = host;
  }

  /** Returns what ends it. */
  watch(): () => void {
    const onIn = ({ relatedTarget }: FocusEvent) => {
      if (relatedTarget instanceof HTMLElement) this.#cameFrom = relatedTarget;
    };
    const onInside = ({ target }: Event) => {
      this.#card = target instanceof Element ? target.closest('article') : null;
    };
    // An element that is removed blurs without a word, or to nowhere: only a blur to somewhere else counts.
    const onOut = ({ relatedTarget }: FocusEvent) => {
      if (relatedTarget !== null) this.#card = null;
    };
    const onPress = ({ composed, target }: Event) => {
      if (composed && target !== this.#host) this.#card = null;
    };
    const root = this.#host.shadowRoot;
    this.#host.addEventListener('focusin', onIn);
    this.#host.addEventListener('focusout', onOut);
    root?.addEventListener('focusin', onInside);
    document.addEventListener('pointerdown', onPress, true);
    return () => {
      this.#host.removeEventListener('focusin', onIn);
      this.#host.removeEventListener('focusout', onOut);
      root?.removeEventListener('focusin', onInside);
      document.removeEventListener('pointerdown', onPress, true);
    };
  }

  /** After a change of what is shown. */
  mend(): void {
    if (this.#card === null || this.#card.isConnected) return;
    this.#card = null;
    const next = this.#host.shadowRoot?.querySelector<HTMLElement>('article .dismiss') ?? null;
    if (next !== null) next.focus();
    else if (this.#cameFrom?.isConnected === true) this.#cameFrom.focus();
  }
}
