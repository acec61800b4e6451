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
const HIDE = '{"op":"popup.hide"';
/** Clients may ask what stands as often as they like: each pop-up is noted once for each socket. */
const MOST_NOTED = 1_000;

/** @param name what the agent's claims call the socket; '' for one that claims none */
export function createPopupTraces(
  recorder: TraceRecorder,
  { tenant, user }: AgentIdentity,
  socketId: number,
  name: string,
): PopupTraces {
  const noted = new Set<string>();
  const socket = name === '' ? String(socketId) : name;

  const isNews = (popupId: string): boolean => {
    if (noted.has(popupId)) return false;
    if (noted.size >= MOST_NOTED) noted.clear();
    noted.add(popupId);
    return true;
  };
  const delivered = (callId: string, popupId: string, claim: string, resumed: boolean) => {
    if (!isNews(popupId)) return;
    const claimed = claim !== '' && claim === name;
    recorder.record(tenant, {
      callId,
      step: 'popup.delivered',
      user,
      popupId,
      ...(claim !== '' && !claimed ? { reason: 'claimed_elsewhere' } : {}),
      detail: { socket, resumed, claimed },
    });
  };

  return {
    written(body, claim = '', replayed) {
      const [, popupId, callId] = SHOW.exec(body) ?? [];
      if (popupId !== undefined && callId !== undefined) delivered(callId, popupId, claim, replayed);
    },
    standing(popups, claims) {
      for (const { callId, popupId } of popups) delivered(callId, popupId, claims.get(popupId) ?? '', true);
    },
    leftOut({ entries, popups }) {
      const live = new Set(popups.map(({ popupId }) => popupId));
      const hidden = toHidden(entries);
      for (const { body } of entries) {
        const [, popupId, callId] = SHOW.exec(body) ?? [];
        if (popupId === undefined || callId === undefined || live.has(popupId) || !isNews(popupId)) continue;
        const reason = hidden.get(popupId) ?? 'expired';
        recorder.record(tenant, {
          callId,
          step: 'popup.withheld',
          user,
          popupId,
          reason,
          detail: { socket },
        });
      }
    },
  };
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
