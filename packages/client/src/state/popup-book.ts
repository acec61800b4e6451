import type { Emitter } from '../emitter.ts';
import { LiveMap } from '../live-collection.ts';
import type { Popup } from '../wire.ts';
import type { PopupEvents, PopupGoneBecause, ShownPopup } from './shown-popup.ts';

/** Far more than can stand at a time, and few enough to remember. */
const MOST_REMEMBERED = 1000;

export interface PopupBookDeps {
  emitter: Emitter<PopupEvents>;
  /** By the server's clock, ms. */
  now(): number;
  /** Told the time until the next pop-up runs out, in ms, whenever that changes; null for none. */
  onNextExpiry(inMs: number | null): void;
}

/** The pop-ups that stand. One that went stays away, and nothing is shown that has run out (I5). */
export class PopupBook {
  readonly popups = new LiveMap<ShownPopup>();
  readonly #deps: PopupBookDeps;
  readonly #gone = new Set<string>();
  /** What this browser brings to the front, whichever of its tabs does. */
  readonly #claims = new Set<string>();
  /** The tab of this browser that does, by popupId; null where there is but one tab. */
  #fronts: ReadonlyMap<string, string> | null = null;
  #tab = '';

  constructor(deps: PopupBookDeps) {
    this.#deps = deps;
  }

  /** Ids of the pop-ups that stand and are this browser's to bring to the front, by any of its tabs. */
  get claimed(): string[] {
    return this.popups.list.flatMap(({ popupId }) => (this.#claims.has(popupId) ? [popupId] : []));
  }

  /** The pop-ups that stand, as the gateway tells them. */
  get unclaimed(): Popup[] {
    return this.popups.list.map((shown) => {
      const { claimed: _, ...popup } = shown;
      return popup;
    });
  }

  show(popup: Popup, claimed: boolean, standing = false): void {
    const { popupId } = popup;
    this.#setClaim(popupId, claimed);
    if (this.#gone.has(popupId)) return;
    const before = this.popups.get(popupId);
    if (before !== undefined) {
      this.claim(popupId, claimed);
      if (JSON.stringify(this.#toShown(popup)) !== JSON.stringify(before)) this.update(popup);
      return;
    }
    if (popup.expiresAt <= this.#deps.now()) return;
    const shown = this.#toShown(popup);
    this.popups.set(popupId, shown);
    this.#planExpiry();
    this.#deps.emitter.emit('popup.show', { popup: shown, standing });
  }

  update(popup: Popup): void {
    if (this.popups.get(popup.popupId) === undefined) return;
    const shown = this.#toShown(popup);
    this.popups.set(popup.popupId, shown);
    this.#deps.emitter.emit('popup.update', { popup: shown });
    this.sweep();
  }

  hide(popupId: string, because: PopupGoneBecause, last?: Popup): void {
    const before = this.popups.get(popupId);
    this.#gone.delete(popupId);
    this.#gone.add(popupId);
    const [oldest] = this.#gone;
    if (this.#gone.size > MOST_REMEMBERED && oldest !== undefined) this.#gone.delete(oldest);
    if (before === undefined) return;
    this.popups.delete(popupId);
    const popup = last === undefined ? before : { ...last, claimed: before.claimed };
    this.#claims.delete(popupId);
    this.#planExpiry();
    this.#deps.emitter.emit('popup.hide', { popup, because });
  }

  /** A claim passed to this browser, or from it. */
  claim(popupId: string, claimed: boolean): void {
    this.#setClaim(popupId, claimed);
    this.#refreshClaims();
  }

  /** Which tab brings what to the front; null when this is the only one. */
  setFronts(fronts: ReadonlyMap<string, string> | null, tab: string): void {
    this.#fronts = fronts;
    this.#tab = tab;
    this.#refreshClaims();
  }

  /** These and no others stand. */
  replaceAll(popups: readonly Popup[], claimed: readonly string[], standing: boolean): void {
    const ids = new Set(popups.map(({ popupId }) => popupId));
    for (const { popupId } of this.popups.list) if (!ids.has(popupId)) this.hide(popupId, 'lost');
    this.#claims.clear();
    this.addAll(popups, claimed, standing);
  }

  /** These stand too. */
  addAll(popups: readonly Popup[], claimed: readonly string[], standing: boolean): void {
    for (const popup of popups) this.show(popup, claimed.includes(popup.popupId), standing);
    this.#refreshClaims();
  }

  addRecording(callId: string, recording: string): void {
    for (const popup of this.unclaimed) {
      if (popup.callId === callId && popup.kind === 'end') this.update({ ...popup, recording });
    }
  }

  /** Takes away what has run out. */
  sweep(): void {
    const now = this.#deps.now();
    for (const { popupId, expiresAt } of this.popups.list)
      if (expiresAt <= now) this.hide(popupId, 'expired');
    this.#planExpiry();
  }

  #setClaim(popupId: string, claimed: boolean): void {
    if (claimed) this.#claims.add(popupId);
    else this.#claims.delete(popupId);
  }

  #refreshClaims(): void {
    for (const popup of this.popups.list) {
      const next = this.#toShown(popup);
      if (next.claimed === popup.claimed) continue;
      this.popups.set(popup.popupId, next);
      this.#deps.emitter.emit('popup.claim', { popup: next });
    }
  }

  #toShown(popup: Popup): ShownPopup {
    const { popupId } = popup;
    const isFront = this.#fronts === null || this.#fronts.get(popupId) === this.#tab;
    return { ...popup, claimed: this.#claims.has(popupId) && isFront };
  }

  #planExpiry(): void {
    const next = Math.min(...this.popups.list.map(({ expiresAt }) => expiresAt));
    this.#deps.onNextExpiry(next === Infinity ? null : next - this.#deps.now());
  }
}
