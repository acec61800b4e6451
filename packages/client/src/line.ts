import type { LinkStatus, StatusReason } from './connection/link-status.ts';
import type { Send } from './outbox.ts';
import type { ServerEvent } from './wire.ts';

/** `alone`: a connection of its own; `leader`: one for all tabs of the browser; `follower`: through the leader. */
export type TabRole = 'alone' | 'leader' | 'follower';

/** A tab's way to the gateway, whoever holds the socket. */
export interface Line {
  readonly status: LinkStatus;
  readonly role: TabRole;
  /** Connects, and stays connected; again after a failure or `stop`. */
  start(): void;
  /** Leaves. `reason` is what the status says then. */
  stop(reason: StatusReason): void;
  /** The page woke up or the network is back. */
  hurry(): void;
  /** A person looks at this tab now, or does not any more. */
  setFocused(focused: boolean): void;
  /** Takes what the answer to `sync` says before it resolves. */
  send: Send;
}

export interface LineHandlers {
  onEvent(event: ServerEvent): void;
  onStatus(status: LinkStatus): void;
}
