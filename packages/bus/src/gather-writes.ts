import type { Cluster, Redis } from 'ioredis';

/** So few that Redis begins with the first ones while the rest are still being made. */
const MOST_GATHERED = 16;

/**
 * What a connection is told in one turn of the event loop leaves with one system call, and reaches Redis in one read. Many replies
 * come in one read, and all that goes on from them then writes; one call a command was a third of what a command cost. The
 * order and the moment a command counts as sent stay as they are.
 */
export function gatherWrites(redis: Redis): void {
  if (redis.isCluster) {
    (redis as unknown as Cluster).on('+node', gatherWrites);
    return;
  }
  redis.on('connect', () => {
    const { stream } = redis;
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
    let gathered = 0;
    const letGo = () => {
      if (gathered === 0) return;
      gathered = 0;
      stream.uncork();
    };
    stream.write = (...args: unknown[]) => {
      if (gathered === 0) {
        stream.cork();
        process.nextTick(letGo);
      }
      gathered += 1;
      const hasRoom = write(...args);
      if (gathered >= MOST_GATHERED) letGo();
      return hasRoom;
    };
  });
}
