import { element, setText, toMediaUrl, toShown } from './element.js';
import { requestJson } from './http.js';
import { codeText, text, toClock, toDateText } from './language.js';

const ROWS = 10;
/** The history is written a moment after the fact, so a call that is missing is asked for again. */
const RETRY_DELAYS_MS = [300, 700, 1_500, 3_000];

/** The agent's latest calls. */
export class CallHistory {
  #session;
  #body;
  #notice;
  #nameOf;
  #round = 0;

  /** @param nameOf whose number it is, or null */
  constructor({ session, body, notice, nameOf }) {
    this.#session = session;
    this.#body = body;
    this.#notice = notice;
    this.#nameOf = nameOf;
  }

  /** Loads the table; with `isThere`, again until the calls satisfy it or a few seconds are over. */
  async refresh(isThere = () => true) {
    const round = ++this.#round;
    for (const delayMs of [...RETRY_DELAYS_MS, null]) {
      const calls = await this.#load();
      // A later refresh has taken over.
      if (round !== this.#round) return;
      if (calls === null) setText(this.#notice, text('historyFailed'));
      else this.#render(calls);
      if (delayMs === null || (calls !== null && isThere(calls))) return;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }

  clear() {
    this.#round += 1;
    this.#body.replaceChildren();
    setText(this.#notice, '');
  }

  async #load() {
    try {
      const { token } = await this.#session.get();
      const { calls } = await requestJson(`/v1/calls?limit=${ROWS}`, { token });
      return calls;
    } catch {
      return null;
    }
  }

  #render(calls) {
    this.#body.replaceChildren(...calls.map((call) => toRow(call, this.#nameOf)));
    setText(this.#notice, calls.length === 0 ? text('noHistory') : '');
  }
}

function toRow(call, nameOf) {
  const { startedAt, direction, peer, result, state, reason, durationSec, recording } = call;
  const outcome = result === null ? codeText('state', state) : codeText('result', result);
  const cell = (...children) => element('td', {}, ...children);
  return element(
    'tr',
    {},
    cell(toDateText(startedAt)),
    cell(codeText('direction', direction)),
    cell(...toPeer(peer, nameOf)),
    cell(reason === null ? outcome : `${outcome}: ${codeText('reason', reason)}`),
    cell(durationSec === null ? '–' : toClock(durationSec)),
    cell(toRecording(recording, toNumber(peer))),
  );
}

function toNumber({ display }) {
  return display === '' ? text('withheld') : toShown(display);
}

function toPeer(peer, nameOf) {
  const name = nameOf(peer.raw);
  const number = toNumber(peer);
  return name === null ? [number] : [element('strong', {}, name), ' ', element('span', {}, number)];
}

/** A player where the address is one a browser may fetch, else the address as text. */
function toRecording(recording, peer) {
  const src = toMediaUrl(recording);
  if (src === null) return recording === null ? '–' : toShown(recording);
  return element('audio', {
    controls: '',
    preload: 'none',
    src,
    'aria-label': text('recordingOf', { peer }),
  });
}
