import { element, setText, toMediaUrl, toShown } from './element.js';
import { codeText, text, toClock } from './language.js';

/**
 * The pop-ups that stand, as cards. A card changes in place, so that a recording that plays goes on.
 */
export class PopupCards {
  #cards = new Map();
  #list;
  #empty;
  #heading;
  #onDismiss;
  #onSeen;
  /** The server's clock minus ours, in ms. */
  #skewMs = 0;

  /**
   * @param empty shown while there is no card, if given
   * @param heading takes the focus of a card that goes while it has it and is the last
   * @param onDismiss called with a popupId; resolves once the gateway knows
   */
  constructor({ list, empty = null, heading, onDismiss, onSeen }) {
    this.#list = list;
    this.#empty = empty;
    this.#heading = heading;
    this.#onDismiss = onDismiss;
    this.#onSeen = onSeen;
    setInterval(() => this.#tick(), 1_000);
    document.addEventListener('visibilitychange', () => this.#tellSeen());
  }

  /** Does what an event of the gateway says about pop-ups; knows the server's time from it. */
  receive({ op, ts, data, claimed = false }) {
    this.#skewMs = ts - Date.now();
    switch (op) {
      case 'ready':
      case 'resync':
        this.replaceAll(data.popups, data.claimed);
        break;
      case 'popup.show':
        this.#show(data, claimed);
        break;
      case 'popup.claim':
        this.#claim(data.popupId, data.claimed);
        break;
      case 'popup.update':
        this.#update(data);
        break;
      case 'popup.hide':
        this.#hide(data.popupId);
        break;
      case 'recording.ready':
        this.#addRecording(data.callId, data.recording);
        break;
      default: // not about pop-ups
    }
  }

  /** These and no others stand; those of `claimed` are this page's to bring to the front. */
  replaceAll(popups, claimed = []) {
    const standing = new Set(popups.map((popup) => popup.popupId));
    for (const popupId of [...this.#cards.keys()]) {
      if (!standing.has(popupId)) this.#hide(popupId);
    }
    for (const popup of popups) this.#show(popup, claimed.includes(popup.popupId));
    this.#refreshEmpty();
  }

  #show(popup, claimed) {
    if (this.#cards.has(popup.popupId)) {
      this.#claim(popup.popupId, claimed);
      return this.#update(popup);
    }
    if (popup.expiresAt <= this.#now()) return undefined;
    const card = createCard(popup, () => this.#dismiss(popup.popupId));
    this.#cards.set(popup.popupId, card);
    this.#claim(popup.popupId, claimed);
    fillCard(card, popup);
    this.#list.prepend(card.root);
    this.#tick();
    this.#tellSeen();
    return undefined;
  }

  /** Another of the agent's pages may have it in front: here it stands quietly then. */
  #claim(popupId, claimed) {
    this.#cards.get(popupId)?.root.setAttribute('data-claimed', String(claimed));
  }

  /** A pop-up that is not shown any more stays away. */
  #update(popup) {
    const card = this.#cards.get(popup.popupId);
    if (card === undefined) return;
    fillCard(card, popup);
    this.#tick();
  }

  #hide(popupId) {
    const card = this.#cards.get(popupId);
    if (card === undefined) return;
    // The cards may live in a shadow root, which has a focus of its own.
    const hadFocus = card.root.contains(card.root.getRootNode().activeElement);
    this.#cards.delete(popupId);
    card.root.remove();
    this.#refreshEmpty();
    // Never leave a keyboard user on an element that is gone.
    if (hadFocus) (this.#list.querySelector('button') ?? this.#heading).focus();
  }

  /** A recording arrived for a call whose pop-up may still stand. */
  #addRecording(callId, recording) {
    for (const card of this.#cards.values()) {
      if (card.popup.callId === callId && card.popup.kind === 'end') {
        fillCard(card, { ...card.popup, recording });
      }
    }
  }

  async #dismiss(popupId) {
    const card = this.#cards.get(popupId);
    // Not `disabled`: that would take the keyboard's place in the page away.
    if (card === undefined || card.dismissing) return;
    card.dismissing = true;
    try {
      await this.#onDismiss(popupId);
      this.#hide(popupId);
    } catch (error) {
      if (error.code === 'popup_not_found') this.#hide(popupId);
      else card.dismissing = false;
    }
  }

  #now() {
    return Date.now() + this.#skewMs;
  }

  #tick() {
    for (const [popupId, { popup, clock }] of this.#cards) {
      if (popup.expiresAt <= this.#now()) this.#hide(popupId);
      const runs = popup.state === 'answered' && popup.answeredAt !== undefined;
      setText(clock, runs ? toClock((this.#now() - popup.answeredAt) / 1000) : '');
    }
    this.#refreshEmpty();
  }

  #tellSeen() {
    if (document.visibilityState !== 'visible') return;
    for (const [popupId, card] of this.#cards) {
      if (card.seen) continue;
      card.seen = true;
      this.#onSeen(popupId).catch(() => {
        card.seen = false;
      });
    }
  }

  #refreshEmpty() {
    if (this.#empty !== null) this.#empty.hidden = this.#cards.size > 0;
  }
}

function createCard(popup, onDismiss) {
  const part = (className, attributes = {}) => element('p', { class: className, ...attributes });
  const card = {
    popup,
    seen: false,
    dismissing: false,
    kind: element('h3', { id: `popup-${popup.popupId}` }),
    peer: part('peer'),
    state: part('state'),
    // Not read aloud every second.
    clock: part('clock', { role: 'timer', 'aria-live': 'off' }),
    reason: part('reason'),
    duration: part('duration'),
    media: element('div'),
    dismiss: element('button', { type: 'button', class: 'quiet' }, text('dismiss')),
    root: element('article', {
      class: 'popup',
      'data-kind': popup.kind,
      'aria-labelledby': `popup-${popup.popupId}`,
    }),
  };
  const { kind, peer, state, clock, reason, duration, media, dismiss, root } = card;
  root.append(kind, peer, state, clock, reason, duration, media, dismiss);
  dismiss.addEventListener('click', onDismiss);
  root.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') onDismiss();
  });
  return card;
}

function fillCard(card, popup) {
  const recordingChanged = card.popup.recording !== popup.recording || card.media.childElementCount === 0;
  card.popup = popup;
  const peer = popup.peer.display === '' ? text('withheld') : toShown(popup.peer.display);
  const line = popup.ramal === null ? '' : ` · ${text('ramal', { ramal: popup.ramal })}`;
  setText(card.kind, `${codeText('kind', popup.kind)}${line}`);
  setText(card.peer, peer);
  setText(card.state, toOutcome(popup));
  setText(card.reason, popup.reason === undefined ? '' : codeText('reason', popup.reason));
  setText(
    card.duration,
    popup.durationSec === undefined ? '' : text('duration', { clock: toClock(popup.durationSec) }),
  );
  if (recordingChanged) card.media.replaceChildren(...toMedia(popup, peer));
}

function toOutcome(popup) {
  const state = codeText('state', popup.state);
  return popup.result === undefined ? state : `${state} · ${codeText('result', popup.result)}`;
}

/** A player where the address is one a browser may fetch, else the address as text. */
function toMedia({ kind, recording }, peer) {
  if (kind !== 'end' || !recording) return [];
  const src = toMediaUrl(recording);
  if (src === null) return [element('p', {}, toShown(recording))];
  return [
    element('audio', { controls: '', preload: 'none', src, 'aria-label': text('recordingOf', { peer }) }),
  ];
}
