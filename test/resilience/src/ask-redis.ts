import { once } from 'node:events';
import { connect } from 'node:net';

const ANSWER_WITHIN_MS = 5000;

/** Sends one command to Redis as an operator would, past all services. @returns the first line of its answer */
export async function askRedis(url: string, ...command: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  socket.setTimeout(ANSWER_WITHIN_MS, () => socket.destroy(new Error('Redis does not answer')));
  try {
    const parts = command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
    socket.write(`*${command.length}\r\n${parts.join('')}`);
    const [reply] = (await once(socket, 'data')) as [Buffer];
    const line = reply.toString('utf8').split('\r\n', 1).join('');
    if (line.startsWith('-')) throw new Error(`Redis says ${line.slice(1)}`);
    return line.slice(1);
  } finally {
    socket.destroy();
  }
}
