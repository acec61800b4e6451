import type { AgentFeed, AgentInbox, FeedMessage, InboxEntry } from '@ramal/bus';
import type { CallView, Popup } from '@ramal/contracts';

/** An inbox and its feed in memory, for as many agents as ask; the real ones are tested where they live. */
export interface MemoryInbox {
  inbox: AgentInbox;
  feed: AgentFeed;
  /** Puts an event into an agent's inbox; the feed brings it unless it is `lost` on the way. */
  tell(op: string, data?: object, how?: { lost?: boolean; claim?: string }): void;
  /** Passes a pop-up on, and says so. */
  pass(popupId: string, to: string, from: string, atMs?: number): void;
  /** Forgets everything, as a Redis that lost its data. */
  lose(): void;
  /** Forgets the last entries and that their seqs were given out, as a replica that takes over without them. */
  rollBack(count: number): void;
  /** Forgets entries up to this seq. */
  trim(upTo: number): void;
  popups: Popup[];
  /** Of pop-ups by id: the socket that brings each to the front. */
  claims: Map<string, string>;
  calls: CallView[];
  /** Reads wait until the returned function is called. */
  hold(): () => void;
  /** The next reads fail. */
  failReads(count: number): void;
  /** The next subscriptions fail. */
  failSubscriptions(count: number): void;
  /** The feed has a new connection, and has forgotten all subscriptions on the way. */
  reconnect(): void;
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
  const handlers = new Map<string, (messages: readonly FeedMessage[]) => void>();
  const reconnected: (() => void)[] = [];
  let forgotten = false;
  const memory: MemoryInbox = {
    popups: [],
    claims: new Map(),
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
          claims: new Map(memory.claims),
          nowMs: Date.now(),
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
      async subscribe(tenant, user, onMessages) {
        await Promise.resolve();
        if (failingSubscriptions > 0) {
          failingSubscriptions -= 1;
          throw new Error('Redis is away');
        }
        handlers.set(JSON.stringify([tenant, user]), onMessages);
      },
      async unsubscribe(tenant, user) {
        handlers.delete(JSON.stringify([tenant, user]));
      },
      onReconnected: (listener) => reconnected.push(listener),
      async resubscribe() {
        await Promise.resolve();
        if (failingSubscriptions > 0) {
          failingSubscriptions -= 1;
          throw new Error('Redis is away');
        }
        forgotten = false;
      },
    },
    tell(op, data = {}, { lost = false, claim } = {}) {
      seq += 1;
      const entry = { seq, body: JSON.stringify({ op, ts: 0, data }) };
      entries.push(entry);
      const hint = claim === undefined ? { ...entry, epoch } : { ...entry, epoch, claim };
      if (!lost && !forgotten) for (const handler of handlers.values()) handler([hint]);
    },
    pass(popupId, to, from, atMs = Date.now()) {
      memory.claims.set(popupId, to);
      for (const handler of handlers.values()) handler([{ popupId, to, from, atMs }]);
    },
    lose() {
      epoch = `${epoch}+`;
      seq = 0;
      entries = [];
    },
    rollBack(count) {
      seq -= count;
      entries = entries.filter((entry) => entry.seq <= seq);
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
    reconnect() {
      forgotten = true;
      for (const listener of reconnected) listener();
    },
    subscribed: () => handlers.size,
  };
  return memory;
}
