import type { LinkStatus } from '../connection/link-status.ts';
import type { StateSnapshot } from '../state/agent-state.ts';
import type { PlacedEvent } from '../state/inbox-position.ts';
import type { AckFrame, ClientCommands, ClientOp, ErrorFrame, ResumePoint, ServerEvent } from '../wire.ts';

/** Part of the names of channel and locks: tabs with another version of these messages keep to themselves. */
export const TABS_VERSION = 1;

/** Which tab brings a pop-up to the front, by popupId. */
export type Fronts = Record<string, string>;

/** What tabs of one browser and agent tell one another; `from` is the tab that does. */
export type TabMessage = { from: string } & (
  | {
      t: 'who';
      term: number;
      wantsState: boolean;
    } /** A new leader asks who is there, and how far they have heard. */
  | {
      t: 'here';
      point: ResumePoint | null;
      state: StateSnapshot | null;
      focusedAt: number;
      focused: boolean;
      /** It needs what it has not heard. */
      asks: boolean;
    }
  | { t: 'focus'; focusedAt: number; focused: boolean }
  | { t: 'poke' } /** Is there a leader? */
  | { t: 'bye' }
  | {
      t: 'lead';
      term: number;
      /** Counts the leader's connections: what waits for an answer of an older one waits in vain. */
      connection: number;
      status: LinkStatus;
      /** How far it has passed the inbox on; null before its first connection. Who has not heard that much asks. */
      point: ResumePoint | null;
      clockOffsetMs: number;
      fronts: Fronts;
      /** The name that the gateway knows this browser's claims by; the next leader keeps it. */
      claimer: string;
    }
  | { t: 'event'; term: number; event: ServerEvent; epoch: string; prev: number; fronts: Fronts }
  | { t: 'catchUp'; to: string; events: PlacedEvent[] | null; state: StateSnapshot | null; fronts: Fronts }
  | { t: 'ask'; to: string; id: number; op: ClientOp; data: ClientCommands[ClientOp] }
  | { t: 'answer'; to: string; frame: AckFrame | ErrorFrame } /** As the gateway would answer. */
);
