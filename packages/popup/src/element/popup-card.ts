import type { ShownPopup } from '@ramal/client';
import { html, nothing, svg, type TemplateResult } from 'lit';
import type { Speech } from '../texts/speak.ts';
import { toClock } from '../texts/clock.ts';
import { toOutcome, toPeerText } from './describe-popup.ts';
import { CROSS, KIND_ICONS } from './icons.ts';
import { toMediaUrl } from './media-url.ts';
import type { NoteState } from './note-drafts.ts';
import { toShown } from './to-shown.ts';

export interface CardView {
  popup: ShownPopup;
  speech: Speech;
  /** The server's time, ms. */
  nowMs: number;
  /** Whose number it is, as the host says. */
  name: string | null;
  canOpen: boolean;
  note: { text: string; state: NoteState } | null;
  recordingTrouble: 'failed' | 'unplayable' | null;
}

export interface CardActions {
  dismiss(popup: ShownPopup): void;
  open(popup: ShownPopup): void;
  write(popup: ShownPopup, text: string): void;
  saveNote(popup: ShownPopup): void;
  unplayable(popup: ShownPopup): void;
}

/** One pop-up. Everything in it is text: nothing that a telephone system says is read as HTML (threat 10). */
export function renderCard(view: CardView, actions: CardActions): TemplateResult {
  const { popup, speech, name } = view;
  const titleId = `title-${popup.popupId}`;
  const line =
    popup.ramal === null
      ? nothing
      : html`<span class="ramal">${speech.say('ramal', { ramal: toShown(popup.ramal) })}</span>`;
  return html`
    <article
      class="card"
      data-popup-id=${popup.popupId}
      data-kind=${popup.kind}
      data-state=${popup.state}
      data-claimed=${String(popup.claimed)}
      aria-labelledby=${titleId}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key !== 'Escape' || event.isComposing) return;
        event.stopPropagation();
        actions.dismiss(popup);
      }}
    >
      <div class="head">
        <span class="icon" aria-hidden="true">${icon(KIND_ICONS[popup.kind])}</span>
        <p class="kind" id=${titleId}>${speech.code('kind', popup.kind)}${line}</p>
        <button
          type="button"
          class="dismiss"
          aria-label=${speech.say('dismiss')}
          aria-describedby=${titleId}
          title=${speech.say('dismiss')}
          @click=${() => actions.dismiss(popup)}
        >
          ${icon(CROSS)}
        </button>
      </div>
      ${name === null ? nothing : html`<p class="name">${name}</p>`}
      <p class="peer">${toPeerText(popup, speech)}</p>
      <div class="line">
        <p class="state">${toOutcome(popup, speech)}</p>
        ${renderClock(view)}
      </div>
      ${popup.reason === undefined ? nothing : html`<p class="reason">${speech.code('reason', popup.reason)}</p>`}
      ${renderRecording(view, actions)} ${renderNote(view, actions)} ${renderOpen(view, actions)}
    </article>
  `;
}

const icon = (drawing: unknown) => html`<svg viewBox="0 0 24 24" aria-hidden="true">${svg`${drawing}`}</svg>`;

/** Runs while people talk, and says at the end how long they did. Not read aloud every second. */
function renderClock({ popup, speech, nowMs }: CardView) {
  const { state, answeredAt, durationSec } = popup;
  if (durationSec !== undefined)
    return html`<p class="duration">${speech.say('duration', { clock: toClock(durationSec) })}</p>`;
  if (state !== 'answered' || answeredAt === undefined) return nothing;
  const clock = toClock((nowMs - answeredAt) / 1000);
  return html`<p class="clock" role="timer" aria-live="off" aria-label=${speech.say('callTime')}>${clock}</p>`;
}

/** A player where the address is one a browser may fetch, else the address as text. */
function renderRecording(view: CardView, actions: CardActions) {
  const { popup, speech, recordingTrouble } = view;
  if (popup.kind !== 'end') return nothing;
  if (recordingTrouble === 'failed') return html`<p class="failed">${speech.say('recordingFailed')}</p>`;
  const { recording } = popup;
  if (recording === undefined || recording === '') return nothing;
  const src = toMediaUrl(recording);
  if (src === null) return html`<p class="recording">${toShown(recording)}</p>`;
  const label = speech.say('recordingOf', { peer: view.name ?? toPeerText(popup, speech) });
  if (recordingTrouble === 'unplayable') {
    return html`<p class="failed">
      ${speech.say('recordingUnplayable')}
      <a href=${src} target="_blank" rel="noreferrer noopener">${speech.say('openRecording')}</a>
    </p>`;
  }
  return html`<audio
    controls
    preload="none"
    src=${src}
    aria-label=${label}
    @error=${() => actions.unplayable(popup)}
  ></audio>`;
}

const NOTE_WORDS = { saving: 'noteSaving', saved: 'noteSaved', failed: 'noteFailed' } as const;

function renderNote({ popup, speech, note }: CardView, actions: CardActions) {
  if (note === null) return nothing;
  const said = note.state === 'idle' ? '' : speech.say(NOTE_WORDS[note.state]);
  return html`
    <label>
      ${speech.say('note')}
      <textarea
        rows="2"
        maxlength="2000"
        placeholder=${speech.say('notePlaceholder')}
        .value=${note.text}
        @input=${({ target }: Event) => actions.write(popup, (target as HTMLTextAreaElement).value)}
      ></textarea>
    </label>
    <div class="actions">
      <button type="button" @click=${() => actions.saveNote(popup)}>${speech.say('saveNote')}</button>
      <span class=${note.state === 'failed' ? 'failed' : 'state'} role="status">${said}</span>
    </div>
  `;
}

function renderOpen({ popup, speech, canOpen }: CardView, actions: CardActions) {
  if (!canOpen) return nothing;
  return html`<div class="actions">
    <button type="button" class="main" @click=${() => actions.open(popup)}>${speech.say('openContact')}</button>
  </div>`;
}
