import { createConnection, isIP, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { type RedisAddress, toHostPort } from '@ramal/contracts';
import { AbstractConnector } from 'ioredis';
import type { RedisTopology } from './redis-topology.ts';

const LONGEST_WAIT_MS = 1_000;
/** How long a server that is no primary any more may take to close a connection. */
const CLOSE_TIMEOUT_MS = 300;

/**
 * Makes a connection follow the primary of a slot: each time it connects it asks who that is, and as soon as somebody else is,
 * it connects anew, whatever the old one says or does not say. So a plain connection, with its time limits and its signs of
 * life, serves where there are Sentinels, and for the work on one slot of a cluster: waiting for a stream, a subscription, a
 * queue.
 */
export function createPrimaryConnector(
  topology: RedisTopology,
  slot: number,
  tls: boolean,
): new () => AbstractConnector {
  return class PrimaryConnector extends AbstractConnector {
    constructor() {
      super(CLOSE_TIMEOUT_MS);
    }

    /** Asks until it is told; an error would end the connection for good. */
    override async connect(tell: (type: string, error: Error) => void): Promise<Socket> {
      this.connecting = true;
      for (let tries = 1; ; tries++) {
        try {
          const primary = (await topology.look()).primaryOf(slot);
          this.requireConnecting();
          if (primary === undefined) throw new Error(`nobody serves slot ${slot}`);
          return this.open(primary);
        } catch (error) {
          this.requireConnecting();
          tell('error', error instanceof Error ? error : new Error(String(error)));
        }
        await delay(Math.min(50 * 2 ** tries, LONGEST_WAIT_MS) * (0.5 + Math.random() / 2));
        this.requireConnecting();
      }
    }

    /** Asked with what INFO says when the connection stands: a replica is not what was looked for. */
    override check(info: { role?: string }): boolean {
      return info.role === undefined || info.role === 'master';
    }

    private requireConnecting(): void {
      if (!this.connecting) throw new Error('Connection is closed.');
    }

    private open(primary: RedisAddress): Socket {
      const stream = tls
        ? connectTls({ ...primary, ...(isIP(primary.host) === 0 ? { servername: primary.host } : {}) })
        : createConnection(primary);
      this.stream = stream;
      stream.once('error', (error) => {
        this.firstError = error;
      });
      const isAt = toHostPort(primary);
      const unwatch = topology.watch((view) => {
        const now = view.primaryOf(slot);
        if (now !== undefined && toHostPort(now) !== isAt) stream.destroy();
      });
      stream.once('close', unwatch);
      return stream;
    }
  };
}
