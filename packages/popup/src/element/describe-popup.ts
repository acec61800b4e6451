import type { ShownPopup } from '@ramal/client';
import type { Speech } from '../texts/speak.ts';
import { toShown } from './to-shown.ts';

/** Who is at the far end, as a person reads it. */
export function toPeerText({ peer }: ShownPopup, speech: Speech): string {
  return peer.display === '' ? speech.say('withheld') : toShown(peer.display);
}

/** How the call stands, or how it ended. */
export function toOutcome(popup: ShownPopup, speech: Speech): string {
  if (popup.kind === 'end' && popup.result !== undefined) return speech.code('result', popup.result);
  const state = speech.code('state', popup.state);
  return popup.result === undefined ? state : `${state} · ${speech.code('result', popup.result)}`;
}

/** One line about a pop-up, for a screen reader and for the desktop. */
export function toLine(popup: ShownPopup, name: string | null, speech: Speech): string {
  const parts = [
    speech.code('kind', popup.kind),
    ...(name === null ? [] : [name]),
    toPeerText(popup, speech),
  ];
  if (popup.kind === 'end') parts.push(toOutcome(popup, speech));
  if (popup.reason !== undefined) parts.push(speech.code('reason', popup.reason));
  return parts.join(', ');
}
