import type { InboxPage, TraceRecorder } from '@ramal/bus';
import type { AgentIdentity, NoPopupReason, Popup } from '@ramal/contracts';

/** What one socket was shown, and what it was not, for the flight recorder. */
export interface PopupTraces {
  /**
   * An event was written to the socket; only a `popup.show` is noted.
   * @param claim the socket that brings it to the front; '' when none does
   */
  written(body: string, claim: string | undefined, replayed: boolean): void;
  /** The socket was told of these as standing, on `ready`, `sync` or `resync`. */
  standing(popups: readonly Popup[], claims: ReadonlyMap<string, string>): void;
  /** What the entries of a replay would have shown, had it not been over. */
  leftOut(page: InboxPage): void;
}

/** As the inbox holds it: cheap to tell from all others, and its first fields say whose it is. */
const SHOW =
  /^\{"op":"popup\.show","ts":\d+,"data":\{"popupId":"([\w-]{36})","kind":"\w+","callId":"([\w-]{36})"/;
const SHOW_OP = '{"op":"popup.show"';
const HIDE = '{"op":"popup.hide"';
/** Clients may ask what stands as often as they like: each pop-up is noted once for each socket. */
const MOST_NOTED = 1_000;

/** @param name what the agent's claims call the socket; '' for one that claims none */
export function createPopupTraces(
  recorder: TraceRecorder,
  agent: AgentIdentity,
  socketId: number,
  name: string,
): PopupTraces {
  return new SocketPopupTraces(recorder, agent, socketId, name);
}

/** A class, for every agent has one; what was noted is only remembered once there is something. */
class SocketPopupTraces implements PopupTraces {
  readonly #recorder: TraceRecorder;
  readonly #agent: AgentIdentity;
  readonly #socketId: number;
  readonly #name: string;
  #noted: Set<string> | null = null;

  constructor(recorder: TraceRecorder, agent: AgentIdentity, socketId: number, name: string) {
    this.#recorder = recorder;
    this.#agent = agent;
    this.#socketId = socketId;
    this.#name = name;
  }

  written(body: string, claim = '', replayed: boolean): void {
    if (!body.startsWith(SHOW_OP)) return;
    const [, popupId, callId] = SHOW.exec(body) ?? [];
    if (popupId !== undefined && callId !== undefined) this.#delivered(callId, popupId, claim, replayed);
  }

  standing(popups: readonly Popup[], claims: ReadonlyMap<string, string>): void {
    for (const { callId, popupId } of popups) {
      this.#delivered(callId, popupId, claims.get(popupId) ?? '', true);
    }
  }

  leftOut({ entries, popups }: InboxPage): void {
    const { tenant, user } = this.#agent;
    const live = new Set(popups.map(({ popupId }) => popupId));
    const hidden = toHidden(entries);
    for (const { body } of entries) {
      const [, popupId, callId] = SHOW.exec(body) ?? [];
      if (popupId === undefined || callId === undefined || live.has(popupId) || !this.#isNews(popupId))
        continue;
      const reason = hidden.get(popupId) ?? 'expired';
      const detail = { socket: this.#socket() };
      this.#recorder.record(tenant, { callId, step: 'popup.withheld', user, popupId, reason, detail });
    }
  }

  #delivered(callId: string, popupId: string, claim: string, resumed: boolean): void {
    if (!this.#isNews(popupId)) return;
    const { tenant, user } = this.#agent;
    const claimed = claim !== '' && claim === this.#name;
    this.#recorder.record(tenant, {
      callId,
      step: 'popup.delivered',
      user,
      popupId,
      ...(claim !== '' && !claimed ? { reason: 'claimed_elsewhere' } : {}),
      detail: { socket: this.#socket(), resumed, claimed },
    });
  }

  #isNews(popupId: string): boolean {
    this.#noted ??= new Set();
    if (this.#noted.has(popupId)) return false;
    if (this.#noted.size >= MOST_NOTED) this.#noted.clear();
    this.#noted.add(popupId);
    return true;
  }

  #socket(): string {
    return this.#name === '' ? String(this.#socketId) : this.#name;
  }
}

/** Why pop-ups were hidden, as the replay itself says. */
function toHidden(entries: InboxPage['entries']): Map<string, NoPopupReason> {
  return new Map(
    entries.flatMap(({ body }) => {
      if (!body.startsWith(HIDE)) return [];
      const { data } = JSON.parse(body) as { data: { popupId: string; hidden?: string } };
      return [[data.popupId, data.hidden === 'dismissed' ? 'dismissed' : 'ended'] as const];
    }),
  );
}
