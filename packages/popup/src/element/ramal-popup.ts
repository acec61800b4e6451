import type { CallContext, Dial, RamalClient, ShownPopup, Status } from '@ramal/client';
import { html, LitElement, nothing, type PropertyDeclarations } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { type DialClicks, listenForDials } from '../click-to-dial.ts';
import { languageOf } from '../texts/language.ts';
import { type Speech, speak } from '../texts/speak.ts';
import { Announcer } from './announcer.ts';
import { toLine } from './describe-popup.ts';
import { askForDesktopNotices, showDesktopNotice } from './desktop-notice.ts';
import { FocusKeeper } from './focus-keeper.ts';
import { NameBook, type NameOf } from './name-book.ts';
import { type NoteDetail, NoteDrafts } from './note-drafts.ts';
import { NoticeLine } from './notice-line.ts';
import { renderCard, type CardActions } from './popup-card.ts';
import { POPUP_STYLE } from './popup-style.ts';
import { type ScreenPop, toScreenPop } from './screen-pop.ts';

/** How long the pop-up of a call's end may take to follow the one before it. */
const FOLLOWS_WITHIN_MS = 5_000;

export type StatusWord = 'connecting' | 'online' | 'waiting' | 'refused';

/**
 * `<ramal-popup>`: the pop-ups of one client, in a corner of the page (R36, R46).
 * Events, which bubble and leave shadow roots: `ramal-screen-pop` (ScreenPop), `ramal-note` (NoteDetail).
 */
export class RamalPopup extends LitElement {
  static override styles = POPUP_STYLE;
  static override properties: PropertyDeclarations = {
    client: { attribute: false },
    screenPop: { attribute: false },
    nameOf: { attribute: false },
    theme: { reflect: true },
    place: { reflect: true },
    notes: { type: Boolean },
    clickToDial: { type: Boolean, attribute: 'click-to-dial' },
    openButton: { type: Boolean, attribute: 'open-button' },
  };

  /** Whose pop-ups are shown. */
  declare client: RamalClient | null;
  /** Opens the caller's record; `ramal-screen-pop` says the same. */
  declare screenPop: ((pop: ScreenPop) => void) | null;
  /** Whose number a pop-up's is, as the host knows it: a name, shown as text. */
  declare nameOf: NameOf | null;
  /** `light` or `dark`; else as the browser prefers. */
  declare theme: string | null;
  /** The corner: `bottom-right` (default), `bottom-left`, `top-right`, `top-left`; or `inline`, where it stands. */
  declare place: string | null;
  /** Whether there is a field for notes. The host saves them: `ramal-note`. */
  declare notes: boolean;
  /** Whether `tel:` links and elements with `data-ramal-dial` of this document dial. */
  declare clickToDial: boolean;
  /** Whether a button opens the record, also where only `ramal-screen-pop` is listened to. */
  declare openButton: boolean;

  readonly #announcer = new Announcer(() => this.requestUpdate());
  readonly #notice = new NoticeLine(() => this.requestUpdate());
  readonly #notes = new NoteDrafts({
    hand: (detail) => this.#dispatch<NoteDetail>('ramal-note', detail),
    onChange: () => this.requestUpdate(),
  });
  readonly #names = new NameBook(() => this.requestUpdate());
  readonly #focus = new FocusKeeper(this);
  readonly #seen = new Set<string>();
  readonly #dismissing = new Set<string>();
  readonly #opened = new Set<string>();
  readonly #desktop = new Map<string, () => void>();
  readonly #trouble = new Map<string, 'failed' | 'unplayable'>();
  #ends: (() => void)[] = [];
  #clicks: DialClicks | null = null;
  #tick: ReturnType<typeof setInterval> | undefined;
  #speech: Speech = speak('en');

  constructor() {
    super();
    this.client = null;
    this.screenPop = null;
    this.nameOf = null;
    this.theme = null;
    this.place = null;
    this.notes = false;
    this.clickToDial = false;
    this.openButton = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.#tellSeen);
    const language = new MutationObserver(() => this.requestUpdate());
    language.observe(document.documentElement, { attributes: true, attributeFilter: ['lang'] });
    this.#ends.push(
      () => document.removeEventListener('visibilitychange', this.#tellSeen),
      () => language.disconnect(),
      this.#focus.watch(),
    );
    this.#speech = speak(languageOf(this));
    this.#follow(this.client);
    this.#listen();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unfollow();
    for (const end of this.#ends.splice(0)) end();
    this.#clicks?.end();
    this.#clicks = null;
    this.#announcer.clear();
    this.#notice.clear();
  }

  /** Calls a number and says how that goes. @throws RamalError as `client.dial` */
  async dial(number: string, context?: CallContext, intentId?: string): Promise<Dial> {
    const { client } = this;
    if (client === null) throw new TypeError('<ramal-popup> has no client');
    this.say(this.#speech.say('dialing'));
    try {
      const dial = await client.dial(number, {
        ...(context === undefined ? {} : { context }),
        ...(intentId === undefined ? {} : { intentId }),
      });
      this.say('');
      return dial;
    } catch (error) {
      this.say(this.#speech.error(error), 'problem');
      throw error;
    }
  }

  /** Shows a line for some seconds; "" takes it away. */
  say(text: string, kind: 'hint' | 'problem' = 'hint'): void {
    this.#notice.say(text, kind);
  }

  /** Says how the connection is where that is worth a line. */
  sayStatus(status: StatusWord, reason: string | null): void {
    const { code, say } = this.#speech;
    if (status === 'refused') {
      this.#notice.calm();
      const why = reason === null ? say('signInAgain') : code('error', reason, say('signInAgain'));
      this.#notice.say(`${code('status', 'refused')} · ${why}`, 'problem', true);
    }
    if (status === 'waiting') this.#notice.troubled(code('status', 'waiting'));
    if (status === 'online') this.#notice.calm();
  }

  /** Asks the person whether the desktop may tell of calls while the page is hidden. Call it from a click of theirs. */
  askForNotifications(): Promise<NotificationPermission> {
    return askForDesktopNotices();
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    this.#speech = speak(languageOf(this));
    if (!this.isConnected) return;
    if (changed.has('client')) this.#follow(this.client);
    if (changed.has('client') || changed.has('clickToDial')) this.#listen();
    this.#runClock();
  }

  protected override render() {
    const popups = [...(this.client?.popups.list ?? [])].reverse();
    const notice = this.#notice.current;
    return html`
      <div class="unseen" role="status" aria-live="polite" aria-atomic="false" aria-relevant="additions" lang=${this.#speech.language}>
        ${repeat(
          this.#announcer.lines,
          ({ id }) => id,
          ({ text }) => html`<p>${text}</p>`,
        )}
      </div>
      <section
        aria-label=${this.#speech.say('calls')}
        lang=${this.#speech.language}
        tabindex="-1"
        ?hidden=${popups.length === 0 && notice === null}
      >
        <div role="status" aria-live="polite">
          ${notice === null ? nothing : html`<p class="notice" data-kind=${notice.kind}>${notice.text}</p>`}
        </div>
        ${repeat(
          popups,
          ({ popupId }) => popupId,
          (popup) => this.#renderCard(popup),
        )}
      </section>
    `;
  }

  protected override updated(): void {
    this.#focus.mend();
  }

  #renderCard(popup: ShownPopup) {
    return renderCard(
      {
        popup,
        speech: this.#speech,
        nowMs: this.client?.serverNow() ?? Date.now(),
        name: this.#names.get(popup),
        canOpen: this.openButton || this.screenPop !== null,
        note: this.notes ? this.#notes.get(popup.callId) : null,
        recordingTrouble: this.#trouble.get(popup.callId) ?? null,
      },
      this.#actions,
    );
  }

  readonly #actions: CardActions = {
    dismiss: ({ popupId }) => void this.#dismiss(popupId),
    open: (popup) => this.#open(popup, 'person'),
    write: (popup, text) => this.#notes.write(popup, text),
    saveNote: ({ callId }) => this.#notes.save(callId),
    unplayable: ({ callId }) => {
      this.#trouble.set(callId, 'unplayable');
      this.requestUpdate();
    },
  };

  #followed: RamalClient | null = null;
  #clientEnds: (() => void)[] = [];

  #follow(client: RamalClient | null): void {
    if (client === this.#followed) return;
    this.#unfollow();
    this.#followed = client;
    if (client === null) return;
    this.#clientEnds = [
      client.popups.subscribe(() => this.requestUpdate()),
      client.on('popup.show', ({ popup, standing }) => this.#shown(popup, standing)),
      client.on('popup.claim', ({ popup }) => {
        if (popup.claimed && popup.state === 'ringing') this.#pop(popup);
      }),
      client.on('popup.hide', ({ popup, because }) => this.#hidden(popup, because === 'ended')),
      client.on('status', (status) => this.#heardStatus(status)),
      client.on('ready', () => {
        this.#clicks?.refresh();
        this.#tellSeen();
      }),
      client.on('cti', () => this.#clicks?.refresh()),
      client.on('recording.failed', ({ callId }) => {
        this.#trouble.set(callId, 'failed');
        this.requestUpdate();
      }),
      client.on('recording.ready', ({ callId }) => {
        this.#trouble.delete(callId);
      }),
    ];
    this.#heardStatus(client.status);
    this.#names.ask(client.popups.list, this.nameOf);
    this.#tellSeen();
    this.requestUpdate();
  }

  #unfollow(): void {
    for (const end of this.#clientEnds.splice(0)) end();
    clearInterval(this.#tick);
    this.#tick = undefined;
    this.#notes.closeAll();
    for (const close of this.#desktop.values()) close();
    for (const kept of [this.#desktop, this.#seen, this.#opened, this.#trouble, this.#dismissing])
      kept.clear();
    this.#names.clear();
    this.#followed = null;
  }

  #heardStatus({ state, reason }: Status): void {
    if (state === 'connected') this.sayStatus('online', null);
    if (state === 'failed') this.sayStatus('refused', reason);
    if (state !== 'disconnected' || reason === 'closed' || reason === 'not_started') return;
    this.sayStatus(reason === 'logged_out' ? 'refused' : 'waiting', reason);
  }

  #shown(popup: ShownPopup, standing: boolean): void {
    this.#names.ask([popup], this.nameOf);
    this.#announcer.add(toLine(popup, this.#names.get(popup), this.#speech));
    this.#tellSeen();
    if (popup.claimed && popup.kind === 'incoming' && !standing) this.#pop(popup);
  }

  /** A call has come in, and this page is the one to answer it: the record opens, once. */
  #pop(popup: ShownPopup): void {
    if (popup.kind !== 'incoming' || this.#opened.has(popup.callId)) return;
    this.#opened.add(popup.callId);
    const name = this.#names.get(popup);
    const close = showDesktopNotice({
      title: this.#speech.code('kind', popup.kind),
      body: toLine(popup, name, this.#speech),
      tag: `ramal-${popup.callId}`,
      lang: this.#speech.language,
      onPress: () => this.#open(popup, 'person'),
    });
    if (close !== null) this.#desktop.set(popup.popupId, close);
    this.#open(popup, 'call');
  }

  #open(popup: ShownPopup, by: ScreenPop['by']): void {
    const pop = toScreenPop(popup, by);
    this.#dispatch('ramal-screen-pop', pop);
    this.screenPop?.(pop);
  }

  #hidden({ popupId, callId }: ShownPopup, ended: boolean): void {
    this.#desktop.get(popupId)?.();
    this.#desktop.delete(popupId);
    const closeNote = () => {
      const stands = this.client?.popups.list.some((popup) => popup.callId === callId) ?? false;
      if (!stands) this.#notes.close(callId);
    };
    if (ended) setTimeout(closeNote, FOLLOWS_WITHIN_MS);
    else closeNote();
  }

  async #dismiss(popupId: string): Promise<void> {
    // Not `disabled`: that would take the keyboard's place in the page away.
    if (this.#dismissing.has(popupId)) return;
    this.#dismissing.add(popupId);
    try {
      await this.client?.popups.dismiss(popupId);
    } catch (error) {
      this.say(this.#speech.error(error), 'problem');
    } finally {
      this.#dismissing.delete(popupId);
    }
  }

  readonly #tellSeen = (): void => {
    const { client } = this;
    if (client === null || document.visibilityState !== 'visible') return;
    for (const { popupId } of client.popups.list) {
      if (this.#seen.has(popupId)) continue;
      this.#seen.add(popupId);
      client.popups.seen(popupId).catch(() => this.#seen.delete(popupId));
    }
  };

  /** Only while a clock is to be seen. */
  #runClock(): void {
    const runs = this.client?.popups.list.some(({ state }) => state === 'answered') ?? false;
    if (runs === (this.#tick !== undefined)) return;
    clearInterval(this.#tick);
    this.#tick = runs ? setInterval(() => this.requestUpdate(), 1_000) : undefined;
  }

  #listen(): void {
    if (this.clickToDial === (this.#clicks !== null)) return this.#clicks?.refresh();
    this.#clicks?.end();
    this.#clicks = this.clickToDial
      ? listenForDials({
          getClient: () => this.client,
          // The line says what went wrong.
          dial: (number) => void this.#dialOfClick(number),
        })
      : null;
  }

  /** A host that dials with words of its own prevents the event's default. */
  async #dialOfClick(number: string): Promise<void> {
    const event = new CustomEvent('ramal-dial', {
      detail: { number },
      bubbles: true,
      composed: true,
      cancelable: true,
    });
    if (!this.dispatchEvent(event)) return;
    await this.dial(number).catch(() => undefined);
  }

  #dispatch<Detail>(name: string, detail: Detail): void {
    this.dispatchEvent(new CustomEvent<Detail>(name, { detail, bubbles: true, composed: true }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ramal-popup': RamalPopup;
  }
}
