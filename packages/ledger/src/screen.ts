import type { Popup, PopupKind } from '@ramal/contracts';
import type { ServerEvent } from '@ramal/testkit';
import type { LedgerAgent } from './ledger-tenants.ts';

/** What no client may ever see. */
export type ScreenFault = 'shownTwice' | 'afterExpiry' | 'foreign' | 'outOfOrder';

/** A pop-up that a tab has shown, and why it does not any more. */
interface ShownPopup {
  kind: PopupKind;
  callId: string;
  expiresAt: number;
  over: 'hidden' | 'dismissed' | 'replaced' | null;
}

type StandingPopups = { popups: Popup[]; resume: { epoch: string; seq: number; status: string } };

/** What one tab shows, kept as a correct client does, through all its connections. */
export interface Screen {
  /** By popup id. */
  readonly popups: ReadonlyMap<string, ShownPopup>;
  /** Every call the tab was told of. */
  readonly callIds: ReadonlySet<string>;
  /** Where the next connection resumes; undefined before the first. */
  resumeAt(): { epoch: string; seq: number } | undefined;
  receive(event: ServerEvent, nowMs: number): void;
  /** The gateway acknowledged that the agent closed it. */
  dismissed(popupId: string): void;
  /** The answer to `sync`. */
  synced(standing: StandingPopups, nowMs: number): void;
}

/** Between the moment at which a gateway reads what stands and the one at which it sends the list. */
const LIST_TAKES_MS = 1000;
/** On the way from a gateway to us, on a machine that does everything at once. */
const DELIVERY_TAKES_MS = 5000;

export function createScreen(
  agent: LedgerAgent,
  onFault: (fault: ScreenFault, detail: string) => void,
): Screen {
  const popups = new Map<string, ShownPopup>();
  const callIds = new Set<string>();
  let epoch: string | undefined;
  let seq = 0;

  /** `saidMs`: the gateway's own time, as far as it is known. */
  const show = (popup: Popup, how: string, nowMs: number, saidMs: number) => {
    const { popupId, kind, callId, expiresAt } = popup;
    const what = `${kind} pop-up ${popupId} of call ${callId} in ${how}`;
    const known = popups.get(popupId);
    callIds.add(callId);
    if (popup.ramal !== agent.ramal) onFault('foreign', `${what}: it is for extension ${popup.ramal}`);
    if (expiresAt <= saidMs || expiresAt + DELIVERY_TAKES_MS < nowMs) {
      onFault('afterExpiry', `${what}: it ran out ${nowMs - expiresAt} ms before`);
    }
    if (known !== undefined && known.over !== null) {
      onFault('shownTwice', `${what}: it was ${known.over} before`);
    } else if (known !== undefined && how === 'popup.show') {
      onFault('shownTwice', `${what}: it stands already`);
    }
    popups.set(popupId, { kind, callId, expiresAt, over: null });
  };

  const replace = (
    { popups: standing, resume }: StandingPopups,
    how: string,
    nowMs: number,
    saidMs: number,
  ) => {
    const ids = new Set(standing.map(({ popupId }) => popupId));
    for (const popup of standing) show(popup, how, nowMs, saidMs);
    for (const [id, popup] of popups) if (!ids.has(id)) popup.over ??= 'replaced';
    ({ epoch, seq } = resume);
  };

  const begin = ({ data, ts }: Extract<ServerEvent, { op: 'ready' }>, nowMs: number) => {
    if (data.agent.tenant !== agent.tenant || data.agent.user !== agent.user) {
      onFault('foreign', `ready for ${data.agent.tenant}/${data.agent.user}`);
    }
    if (data.resume.status !== 'resumed') {
      return replace(data, `ready (${data.resume.status})`, nowMs, ts - LIST_TAKES_MS);
    }
    if (data.resume.epoch !== epoch || data.resume.seq !== seq) {
      onFault('outOfOrder', `resumed at ${data.resume.seq} instead of ${seq}`);
    }
    for (const popup of data.popups) show(popup, 'ready (resumed)', nowMs, ts - LIST_TAKES_MS);
  };

  const count = (event: ServerEvent) => {
    if (event.seq === undefined) return;
    if (event.seq <= seq) onFault('outOfOrder', `${event.op} with seq ${event.seq} after ${seq}`);
    seq = Math.max(seq, event.seq);
  };

  return {
    popups,
    callIds,
    resumeAt: () => (epoch === undefined ? undefined : { epoch, seq }),
    dismissed: (popupId) => {
      const popup = popups.get(popupId);
      if (popup !== undefined) popup.over ??= 'dismissed';
    },
    synced: (standing, nowMs) => replace(standing, 'sync', nowMs, 0),
    receive: (event, nowMs) => {
      count(event);
      if (event.op === 'ready') return begin(event, nowMs);
      if (event.op === 'resync') {
        return replace(event.data, 'resync', nowMs, event.ts - LIST_TAKES_MS);
      }
      if ('callId' in event.data) callIds.add(event.data.callId);
      if (event.op === 'popup.show') return show(event.data, 'popup.show', nowMs, event.ts);
      if (event.op !== 'popup.update' && event.op !== 'popup.hide') return;
      const popup = popups.get(event.data.popupId);
      if (popup === undefined) return;
      if (event.op === 'popup.hide') popup.over = 'hidden';
      else popup.expiresAt = event.data.expiresAt;
    },
  };
}
