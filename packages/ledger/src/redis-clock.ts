import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** How Redis' clock stands to ours: add `offsetMs` to one of our times and it is one of its, give or take. */
export interface RedisClock {
  offsetMs: number;
  uncertaintyMs: number;
}

const SAMPLES = 30;
const ANSWER_WITHIN_MS = 2000;

/** Asks a Redis of this machine for its time, often, and believes the quickest answer. */
export async function readRedisClock(url: string): Promise<RedisClock> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  socket.setTimeout(ANSWER_WITHIN_MS, () => socket.destroy(new Error('Redis does not tell its time')));
  try {
    await once(socket, 'connect');
    let best: RedisClock = { offsetMs: 0, uncertaintyMs: Number.POSITIVE_INFINITY };
    for (let i = 0; i < SAMPLES; i++) {
      const sample = await sampleClock(socket);
      if (sample.uncertaintyMs < best.uncertaintyMs) best = sample;
    }
    return best;
  } finally {
    socket.destroy();
  }
}

async function sampleClock(socket: Socket): Promise<RedisClock> {
  const startedMs = performance.now();
  const askedMs = Date.now();
  socket.write('TIME\r\n');
  const [reply] = (await once(socket, 'data')) as [Buffer];
  const tookMs = performance.now() - startedMs;
  const [, seconds, micros] = /^\*2\r\n\$\d+\r\n(\d+)\r\n\$\d+\r\n(\d+)\r\n$/.exec(reply.toString()) ?? [];
  if (seconds === undefined || micros === undefined) throw new Error('Redis does not tell its time');
  const redisMs = Number(seconds) * 1000 + Number(micros) / 1000;
  // Our clock counts whole milliseconds: half of one more either way.
  return { offsetMs: redisMs - (askedMs + 0.5 + tookMs / 2), uncertaintyMs: tookMs / 2 + 0.5 };
}
