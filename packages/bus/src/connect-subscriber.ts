import { EventEmitter } from 'node:events';
import { parseRedisUrl } from '@ramal/contracts';
import type { Redis } from 'ioredis';
import { connectRedis, type RedisLog } from './connect-redis.ts';
import { toKeySlot } from './key-slot.ts';

/** What listens to sharded channels: one connection, or on a cluster one a slot. A plain connection is one. */
export interface Subscriber {
  /** `ready` when all connections are. */
  readonly status: string;
  /** A channel a call: two may lie in different slots. */
  ssubscribe(channel: string): Promise<unknown>;
  sunsubscribe(channel: string): Promise<unknown>;
  on(event: 'smessage', listener: (channel: string, message: string) => void): unknown;
  /** `ready`: a connection is a new one, and what was said meanwhile is lost. */
  on(event: 'ready', listener: () => void): unknown;
  off(event: 'smessage', listener: (channel: string, message: string) => void): unknown;
  off(event: 'ready', listener: () => void): unknown;
  /** @param channels on a cluster, connects anew for these alone */
  disconnect(reconnect?: boolean, channels?: readonly string[]): void;
}

interface ConnectSubscriberOptions {
  url: string;
  name: string;
  log: RedisLog;
}

/**
 * Opens what listens to sharded channels. On a cluster that is a plain connection to the primary of each slot that is listened
 * to, a partition's each, made when it is first needed: it finds out that it is dead, follows the slot and says when it is new,
 * as on one server.
 * @throws when Redis does not answer within 30 s
 */
export async function connectSubscriber(options: ConnectSubscriberOptions): Promise<Subscriber> {
  const isCluster = parseRedisUrl(options.url).kind === 'cluster';
  return isCluster ? createClusterSubscriber(options) : connectRedis({ ...options, role: 'subscriber' });
}

function createClusterSubscriber({ url, name, log }: ConnectSubscriberOptions): Subscriber {
  const emitter = new EventEmitter();
  const connecting = new Map<number, Promise<Redis>>();
  const connected = new Map<number, Redis>();
  let closed = false;

  const open = async (slot: number, channel: string): Promise<Redis> => {
    const redis = await connectRedis({ url, role: 'subscriber', name: `${name}-${slot}`, log, key: channel });
    if (closed) redis.disconnect();
    connected.set(slot, redis);
    redis.on('smessage', (on: string, message: string) => emitter.emit('smessage', on, message));
    redis.on('ready', () => emitter.emit('ready'));
    return redis;
  };
  const connectionFor = (channel: string): Promise<Redis> => {
    const slot = toKeySlot(channel);
    const known = connecting.get(slot);
    if (known !== undefined) return known;
    const opening = open(slot, channel).catch((error: unknown) => {
      connecting.delete(slot);
      throw error;
    });
    connecting.set(slot, opening);
    return opening;
  };
  return {
    get status() {
      const isReady = [...connected.values()].every(({ status }) => status === 'ready');
      return isReady && connected.size === connecting.size ? 'ready' : 'connecting';
    },
    ssubscribe: async (channel) => (await connectionFor(channel)).ssubscribe(channel),
    sunsubscribe: async (channel) => (await connectionFor(channel)).sunsubscribe(channel),
    on: (event: string, listener: (...args: string[]) => void) => emitter.on(event, listener),
    off: (event: string, listener: (...args: string[]) => void) => emitter.off(event, listener),
    disconnect(reconnect = false, channels) {
      closed ||= !reconnect;
      const slots = channels === undefined ? null : new Set(channels.map(toKeySlot));
      for (const [slot, redis] of connected) {
        if (slots !== null && !slots.has(slot)) continue;
        // One that is connecting already has a time limit of its own.
        if (!reconnect || redis.status === 'ready') redis.disconnect(reconnect);
      }
    },
  };
}
