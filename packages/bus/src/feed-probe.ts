import type { Redis } from 'ioredis';
import type { Subscriber } from './connect-subscriber.ts';

/** Says whether what is published still reaches the subscriber. */
export interface FeedProbe {
  stop(): void;
}

const EVERY_MS = 500;
const SILENT_AFTER_MS = 2_000;
const LOOK_EVERY_MS = 250;
/** A look that comes this much too late says that this process was held up, not that Redis was. */
const LATE_MS = 500;

/**
 * Publishes to a channel of its own twice a second and expects to hear it: a PING would prove the connection and not
 * the subscription, and a connection that died without a word looks well until something is asked of it.
 * Nothing heard for 2 s is silence; then the connections are made anew, as often as it takes.
 */
export function startFeedProbe(options: {
  /** Publishes. */
  commands: Redis;
  /** Listens. */
  subscriber: Subscriber;
  /** One for each server that can fall silent by itself. */
  channels: readonly string[];
  onSilent: () => void;
  /** The first probe heard after a silence. */
  onHeard: () => void;
}): FeedProbe {
  const { commands, subscriber, channels, onSilent, onHeard } = options;
  const startedMs = performance.now();
  const heardMs = new Map(channels.map((channel) => [channel, startedMs]));
  let publishedMs = startedMs;
  let lookedMs = startedMs;
  /** Since when the present connections have had their chance. */
  let chanceMs = startedMs;
  let nextMs = 0;
  let silent = false;

  const unheard = (nowMs: number) =>
    channels.filter((channel) => nowMs - (heardMs.get(channel) ?? startedMs) >= SILENT_AFTER_MS);
  const hear = (on: string) => {
    if (!heardMs.has(on)) return;
    const nowMs = performance.now();
    heardMs.set(on, nowMs);
    if (!silent || unheard(nowMs).length > 0) return;
    silent = false;
    onHeard();
  };
  const subscribe = () => {
    // What fails here is not heard, and tried again with the next connection.
    for (const channel of channels) subscriber.ssubscribe(channel).catch(() => undefined);
    chanceMs = performance.now();
  };
  const publish = () => {
    for (const channel of channels) {
      commands.spublish(channel, '').then(
        () => {
          publishedMs = performance.now();
        },
        () => undefined,
      );
    }
  };
  const reconnect = (silentChannels: readonly string[]) => {
    // One that is connecting already has a time limit of its own.
    if (subscriber.status === 'ready' || channels.length > 1) subscriber.disconnect(true, silentChannels);
    // Nothing could be published anywhere.
    const mute = performance.now() - publishedMs >= SILENT_AFTER_MS;
    if (mute && commands.status === 'ready') commands.disconnect(true);
  };
  const look = () => {
    const nowMs = performance.now();
    const lateMs = nowMs - lookedMs - LOOK_EVERY_MS;
    lookedMs = nowMs;
    // What came meanwhile has yet to be read.
    if (lateMs > LATE_MS) {
      for (const [channel, atMs] of heardMs) heardMs.set(channel, atMs + lateMs);
      chanceMs += lateMs;
    }
    if (nowMs >= nextMs) {
      nextMs = nowMs + EVERY_MS;
      publish();
    }
    const silentChannels = unheard(nowMs);
    if (silentChannels.length === 0) return;
    if (!silent) {
      silent = true;
      onSilent();
    }
    if (nowMs - chanceMs < SILENT_AFTER_MS) return;
    chanceMs = nowMs;
    reconnect(silentChannels);
  };

  subscriber.on('smessage', hear);
  subscriber.on('ready', subscribe);
  subscribe();
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      subscriber.off('smessage', hear);
      subscriber.off('ready', subscribe);
    },
  };
}
