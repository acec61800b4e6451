import type { AgentFeed, AgentInbox, FeedEntry, InboxEntry } from '@ramal/bus';
import type { CallView, Popup } from '@ramal/contracts';

/** An inbox and its feed in memory, for as many agents as ask; the real ones are tested where they live. */
export interface MemoryInbox {
  inbox: AgentInbox;
  feed: AgentFeed;
  /** Puts an event into an agent's inbox; the feed brings it unless it is `lost` on the way. */
  tell(op: string, data?: object, how?: { lost?: boolean }): void;
  /** Forgets everything, as a Redis that lost its data. */
  lose(): void;
  /** Forgets entries up to this seq. */
  trim(upTo: number): void;
  popups: Popup[];
  calls: CallView[];
  /** Reads wait until the returned function is called. */
  hold(): () => void;
  /** The next reads fail. */
  failReads(count: number): void;
  /** The next subscriptions fail. */
  failSubscriptions(count: number): void;
  /** The feed was interrupted and stands again. */
  restore(): void;
  /** Who is listened to now. */
  subscribed(): number;
  reads: number;
}

export function createMemoryInbox(): MemoryInbox {
  let epoch = 'epoch-1';
  let seq = 0;
  let entries: InboxEntry[] = [];
  let gate: Promise<void> = Promise.resolve();
  let failingReads = 0;
  let failingSubscriptions = 0;
  const handlers = new Map<string, (entry: FeedEntry) => void>();
  const restored: (() => void)[] = [];
  const memory: MemoryInbox = {
    popups: [],
    calls: [],
    reads: 0,
    inbox: {
      async read(_tenant, _user, since) {
        memory.reads += 1;
        // Read now, handed over when the gate opens: a slow reply is an old one.
        const first = entries.find((entry) => since !== null && entry.seq > since)?.seq ?? seq + 1;
        const page = {
          epoch,
          seq,
          entries: since === null ? [] : entries.filter((entry) => entry.seq > since),
          complete: since === null || (first <= since + 1 && since <= seq),
          popups: [...memory.popups],
        };
        await gate;
        if (failingReads > 0) {
          failingReads -= 1;
          throw new Error('Redis is away');
        }
        return page;
      },
      async openCalls() {
        return memory.calls;
      },
      async findPopup(_tenant, _user, id) {
        return memory.popups.find(({ popupId }) => popupId === id) ?? null;
      },
    },
    feed: {
      async subscribe(tenant, user, onEntry) {
        await Promise.resolve();
        if (failingSubscriptions > 0) {
          failingSubscriptions -= 1;
          throw new Error('Redis is away');
        }
        handlers.set(JSON.stringify([tenant, user]), onEntry);
      },
      async unsubscribe(tenant, user) {
        handlers.delete(JSON.stringify([tenant, user]));
      },
      onRestored: (listener) => restored.push(listener),
    },
    tell(op, data = {}, { lost = false } = {}) {
      seq += 1;
      const entry = { seq, body: JSON.stringify({ op, ts: 0, data }) };
      entries.push(entry);
      if (!lost) for (const handler of handlers.values()) handler({ ...entry, epoch });
    },
    lose() {
      epoch = `${epoch}+`;
      seq = 0;
      entries = [];
    },
    trim(upTo) {
      entries = entries.filter((entry) => entry.seq > upTo);
    },
    hold() {
      let open = () => undefined as void;
      gate = new Promise((resolve) => {
        open = resolve;
      });
      return () => {
        gate = Promise.resolve();
        open();
      };
    },
    failReads(count) {
      failingReads = count;
    },
    failSubscriptions(count) {
      failingSubscriptions = count;
    },
    restore() {
      for (const listener of restored) listener();
    },
    subscribed: () => handlers.size,
  };
  return memory;
}
