import { connect } from 'node:net';

/** Sends one command whose answer is one text or number, behind the services' backs; '' for nothing. */
export function redisCommand(redisUrl: string, ...command: string[]): Promise<string> {
  const { hostname, port } = new URL(redisUrl);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.setEncoding('utf8').setTimeout(5_000, () => socket.destroy(new Error('Redis does not answer')));
    socket.on('error', reject);
    socket.on('data', (text: string) => {
      answer += text;
      if (answer.startsWith('-')) return socket.destroy(new Error(answer));
      const isText = answer.startsWith('$') && !answer.startsWith('$-1');
      // A text has its length in a line before it.
      const lines = answer.split('\r\n');
      if (lines.length < (isText ? 3 : 2)) return;
      socket.end();
      resolve(isText ? (lines[1] ?? '') : answer.startsWith('$-1') ? '' : (lines[0]?.slice(1) ?? ''));
    });
    const parts = command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
    socket.write(`*${command.length}\r\n${parts.join('')}`);
  });
}
