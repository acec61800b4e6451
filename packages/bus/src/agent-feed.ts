import type { Names } from '@ramal/contracts';
import type { Redis } from 'ioredis';
import type { InboxEntry } from './agent-inbox.ts';

/** A hint that the agent's inbox has grown, with the entry that was added. */
export interface FeedEntry extends InboxEntry {
  epoch: string;
}

/** Live entries of agents' inboxes, over sharded pub/sub: fast, and allowed to lose some (I5). */
export interface AgentFeed {
  subscribe(tenant: string, user: string, onEntry: (entry: FeedEntry) => void): Promise<void>;
  unsubscribe(tenant: string, user: string): Promise<void>;
  /** Called when the subscription was interrupted and stands again: entries may have been missed. */
  onRestored(listener: () => void): void;
}

/** One handler a channel; `subscriber` belongs to the feed alone. */
export function createAgentFeed(subscriber: Redis, names: Names): AgentFeed {
  const handlers = new Map<string, (entry: FeedEntry) => void>();
  const restored: (() => void)[] = [];
  let readyOnce = subscriber.status === 'ready';
  subscriber.on('smessage', (channel: string, message: string) => {
    const handler = handlers.get(channel);
    const entry = handler === undefined ? null : parseFeedEntry(message);
    if (entry !== null) handler?.(entry);
  });
  const tellRestored = () => {
    for (const listener of restored) listener();
  };
  subscriber.on('ready', () => {
    // Answered after the subscriptions that were sent before it: from then on nothing is missed unseen.
    if (readyOnce) subscriber.ping().then(tellRestored, () => undefined);
    readyOnce = true;
  });
  return {
    async subscribe(tenant, user, onEntry) {
      const channel = names.agentChannel(tenant, user);
      handlers.set(channel, onEntry);
      try {
        await subscriber.ssubscribe(channel);
      } catch (error) {
        if (handlers.get(channel) === onEntry) handlers.delete(channel);
        throw error;
      }
    },
    async unsubscribe(tenant, user) {
      const channel = names.agentChannel(tenant, user);
      handlers.delete(channel);
      await subscriber.sunsubscribe(channel);
    },
    onRestored: (listener) => restored.push(listener),
  };
}

/** `<epoch> <seq> <json>`; null for anything else. */
function parseFeedEntry(message: string): FeedEntry | null {
  const match = /^(\S+) (\d+) /.exec(message);
  if (match === null) return null;
  return { epoch: match[1] ?? '', seq: Number(match[2]), body: message.slice(match[0].length) };
}
