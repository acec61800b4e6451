import type { Names } from '@ramal/contracts';
import type { InboxEntry } from './agent-inbox.ts';
import type { Subscriber } from './connect-subscriber.ts';

/** A hint that the agent's inbox has grown, with the entry that was added. */
export interface FeedEntry extends InboxEntry {
  epoch: string;
  /** Of a `popup.show`: the one socket that brings it to the front; '' when none was connected. */
  claim?: string;
}

/** A standing pop-up passed from one of the agent's sockets to another. */
export interface ClaimPassed {
  popupId: string;
  to: string;
  /** '' when nobody had it, or who had it is gone for good. */
  from: string;
  /** Redis time, epoch ms. */
  atMs: number;
}

/** What an agent's channel brings; told apart by `popupId`. */
export type FeedMessage = FeedEntry | ClaimPassed;

/** Live entries of agents' inboxes, over sharded pub/sub: fast, and allowed to lose some (I5). */
export interface AgentFeed {
  /** @param onMessages is given together what one step told the agent, in its order */
  subscribe(
    tenant: string,
    user: string,
    onMessages: (messages: readonly FeedMessage[]) => void,
  ): Promise<void>;
  unsubscribe(tenant: string, user: string): Promise<void>;
  /** Called when the connection is a new one: entries may have been missed, and subscriptions too. */
  onReconnected(listener: () => void): void;
  /**
   * Subscribes once more to all that is listened to, so that none is missing whatever happened to the connection.
   * @throws when Redis does not answer in time; what is missing then is still missing
   */
  resubscribe(): Promise<void>;
}

/** So many at once that they take little time, and so few that other commands get their turn. */
const RESUBSCRIBE_BATCH = 500;
const RESUBSCRIBE_TIMEOUT_MS = 5_000;

/** One handler a channel; `subscriber` belongs to the feed alone. */
export function createAgentFeed(subscriber: Subscriber, names: Names): AgentFeed {
  const handlers = new Map<string, (messages: readonly FeedMessage[]) => void>();
  const reconnected: (() => void)[] = [];
  let readyOnce = subscriber.status === 'ready';
  subscriber.on('smessage', (channel: string, text: string) => {
    const handler = handlers.get(channel);
    const messages = handler === undefined ? [] : parseFeedMessages(text);
    if (messages.length > 0) handler?.(messages);
  });
  subscriber.on('ready', () => {
    if (readyOnce) for (const listener of reconnected) listener();
    readyOnce = true;
  });
  return {
    async subscribe(tenant, user, onMessages) {
      const channel = names.agentChannel(tenant, user);
      handlers.set(channel, onMessages);
      try {
        await subscriber.ssubscribe(channel);
      } catch (error) {
        if (handlers.get(channel) === onMessages) handlers.delete(channel);
        throw error;
      }
    },
    async unsubscribe(tenant, user) {
      const channel = names.agentChannel(tenant, user);
      handlers.delete(channel);
      await subscriber.sunsubscribe(channel);
    },
    onReconnected: (listener) => reconnected.push(listener),
    async resubscribe() {
      const channels = [...handlers.keys()];
      for (let i = 0; i < channels.length; i += RESUBSCRIBE_BATCH) {
        // Whoever left meanwhile is not to be listened to for ever. One command a channel: they differ in slot.
        const still = channels.slice(i, i + RESUBSCRIBE_BATCH).filter((channel) => handlers.has(channel));
        await inTime(Promise.all(still.map((channel) => subscriber.ssubscribe(channel))));
      }
    },
  };
}

/** A subscriber's commands wait for its connection, however long that takes. */
async function inTime(answers: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer in ${RESUBSCRIBE_TIMEOUT_MS} ms`)),
      RESUBSCRIBE_TIMEOUT_MS,
    );
  });
  try {
    await Promise.race([answers, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** How nobody is spelled where a socket is named. */
const NOBODY = '~';

/** A message a line; one that makes no sense is left out. */
function parseFeedMessages(text: string): FeedMessage[] {
  const lines = text.includes('\n') ? text.split('\n') : [text];
  return lines.map(parseFeedMessage).filter((message) => message !== null);
}

/**
 * `<epoch> <seq> <json>`, of a `popup.show` with its claimer before the JSON, or
 * `claim <popupId> <to> <from> <epoch ms>`; null for anything else.
 */
function parseFeedMessage(message: string): FeedMessage | null {
  // By hand: every pop-up comes through here.
  const open = message.indexOf('{');
  const first = message.indexOf(' ');
  const second = message.indexOf(' ', first + 1);
  if (open === -1) return parseClaim(message);
  if (first < 1 || second <= first + 1 || second >= open || message[open - 1] !== ' ') return null;
  const seq = Number(message.slice(first + 1, second));
  if (!Number.isSafeInteger(seq) || seq < 0) return null;
  const entry = { epoch: message.slice(0, first), seq, body: message.slice(open) };
  if (open === second + 1) return entry;
  const claim = message.slice(second + 1, open - 1);
  return claim === '' || claim.includes(' ') ? null : { ...entry, claim: toSocketName(claim) };
}

function parseClaim(message: string): ClaimPassed | null {
  const passed = /^claim (\S+) (\S+) (\S+) (\d+)$/.exec(message);
  if (passed === null) return null;
  const [, popupId = '', to = '', from = '', atMs] = passed;
  return { popupId, to: toSocketName(to), from: toSocketName(from), atMs: Number(atMs) };
}

function toSocketName(spelled: string): string {
  return spelled === NOBODY ? '' : spelled;
}
