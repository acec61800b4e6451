import type { StatusState, StatusReason } from './connection/link-status.ts';
import type { Unsubscribe } from './emitter.ts';
import type { TabRole } from './line.ts';
import type { LiveCollection } from './live-collection.ts';
import type { StateEvents } from './state/agent-state.ts';
import type { Dial } from './state/dial.ts';
import type { ShownPopup } from './state/shown-popup.ts';
import type { Agent, Call, CallContext, CtiStatus } from './wire.ts';

export interface Status {
  state: StatusState;
  /** Why it is not connected; null while it is, and while it connects for the first time. */
  reason: StatusReason | null;
  role: TabRole;
}

/** Everything that `on` tells, by name. docs/events.md has what the gateway sends. */
export interface ClientEvents extends StateEvents {
  status: Status;
}

export interface DialOptions {
  /** Words of the CRM that come back with every event of the call. */
  context?: CallContext;
  /** One for each click; made up if left out. The same one again is the same call, for 24 h. */
  intentId?: string;
}

export interface Popups extends LiveCollection<ShownPopup> {
  /** A person saw it. @throws RamalError `popup_not_found` when nobody shows it any more */
  seen(popupId: string): Promise<void>;
  /** A person closed it: it goes from all of the agent's tabs and devices. */
  dismiss(popupId: string): Promise<void>;
}

/** An agent's connection. */
export interface RamalClient {
  readonly status: Status;
  /** Null until the first `ready`. */
  readonly agent: Agent | null;
  /** Null until the first `ready`. */
  readonly cti: CtiStatus | null;
  /** The calls that have not ended. */
  readonly calls: LiveCollection<Call>;
  /** The pop-ups that stand. */
  readonly popups: Popups;
  /** Calls `listener` at each such event; returns what ends that. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): Unsubscribe;
  /** The next such event. */
  once<Name extends keyof ClientEvents>(name: Name): Promise<ClientEvents[Name]>;
  /**
   * Calls a number. Resolves once the gateway has recorded it; `final` of what it resolves with tells what became of it.
   * Sent again after a lost connection, but never later than 10 s after this.
   * @throws RamalError what the gateway says; `not_connected` when nothing was sent within 10 s; `dial_unconfirmed` when
   * it was and nobody answered: the phone may ring, so don't dial again unasked
   */
  dial(number: string, options?: DialOptions): Promise<Dial>;
  /** Asks for all that stands, in place of what is known. */
  sync(): Promise<void>;
  /** The server's time, ms since the epoch, for clocks that run on a pop-up. */
  serverNow(): number;
  /** Connects again, after a failure or a logout; while waiting for the next attempt, at once. */
  connect(): void;
  /** Logs the agent out on all tabs of this browser: no *end* pop-ups come any more. */
  logout(): Promise<void>;
  /** Leaves with this tab; the others stay. */
  close(): void;
}
