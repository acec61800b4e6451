import type { AgentFeed } from '@ramal/bus';
import { isSwitchedOff } from '@ramal/runtime';
import type { AgentHub } from './agent-hub.ts';
import type { Events } from './events.ts';

/** Whether this gateway can do its work: be told of its agents' events by Redis, and write down what they ask. */
export interface RedisLink {
  /** From the silence until Redis is heard again **and** every agent has been brought up to date. */
  cutOff(): boolean;
  /** Called at each change of `cutOff`. */
  onChange(listener: () => void): void;
  /** Nothing is heard any more. */
  silent(): void;
  /** Something is heard again. */
  heard(): void;
  /** The feed is subscribed on a new connection, however short the break: what it brought meanwhile is lost. */
  reconnected(): void;
  stop(): void;
}

const AGAIN_MS = 500;

/**
 * Mends what a break did, always in this order: subscribe to everything, so that nothing that happens from then on is
 * missed; read every agent's inbox, which holds what happened before; tell that all is well (I5). A Redis that was restarted or took
 * over may lack the last writes: then its agents are told all that stands.
 */
export function createRedisLink(options: {
  feed: AgentFeed;
  hub: AgentHub;
  events: Events;
  /** Which Redis answers, and with which history of writes. */
  readIdentity: () => Promise<string>;
  /** What that was when agents began to be told of anything. */
  identity: string;
}): RedisLink {
  const { feed, hub, events, readIdentity } = options;
  let { identity } = options;
  const listeners: (() => void)[] = [];
  let cut: { sinceMs: number } | null = null;
  let silent = false;
  let mending = false;
  let again = false;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  const change = (next: typeof cut) => {
    cut = next;
    for (const listener of listeners) listener();
  };

  const mendOnce = async () => {
    again = false;
    await feed.resubscribe();
    const now = await readIdentity();
    if (now !== identity) for (const session of hub.all()) session.distrust();
    identity = now;
    // After a new silence or connection the next mending reads for all of them.
    await hub.catchUp(() => !silent && !again && !stopped);
  };

  const mend = async () => {
    clearTimeout(timer);
    again = true;
    if (mending) return;
    mending = true;
    try {
      // What broke meanwhile may have broken what was just mended.
      while (again && !silent && !stopped) await mendOnce();
      if (cut === null || silent || stopped) return;
      const cutOffMs = Math.round(performance.now() - cut.sinceMs);
      events.redisMended({ cutOffMs, agents: hub.all().length });
      change(null);
    } catch (error) {
      events.backgroundFailed('feed', error);
      timer = setTimeout(() => void mend(), AGAIN_MS);
    } finally {
      mending = false;
    }
  };

  return {
    cutOff: () => cut !== null,
    onChange: (listener) => void listeners.push(listener),
    silent() {
      if (isSwitchedOff('gateway.probe')) return;
      silent = true;
      if (cut !== null) return;
      events.redisSilent();
      change({ sinceMs: performance.now() });
    },
    heard() {
      silent = false;
      void mend();
    },
    reconnected: () => void mend(),
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
