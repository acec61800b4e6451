import { connect } from 'node:net';
import { sleepUntil } from '@ramal/testkit';

/** Everything that anybody says to a Redis, also what is gone from it a moment later. */
export interface RedisMonitor {
  lines(): readonly string[];
  stop(): void;
}

/** Listens from now on. */
export async function startRedisMonitor(redisUrl: string): Promise<RedisMonitor> {
  const { hostname, port } = new URL(redisUrl);
  const socket = connect(Number(port), hostname);
  const lines: string[] = [];
  let rest = '';
  socket.on('error', () => undefined); // the server may end first
  socket.setEncoding('latin1').on('data', (text: string) => {
    const parts = (rest + text).split('\r\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  socket.write('MONITOR\r\n');
  await sleepUntil(() => lines[0] === '+OK', { describe: 'Redis to let us listen' });
  return { lines: () => lines, stop: () => void socket.destroy() };
}
