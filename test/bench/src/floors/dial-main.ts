import { Queue, Worker } from 'bullmq';
import { got } from 'got';
import { Redis } from 'ioredis';
import type { us_listen_socket } from 'uws-modern';
import { loadUws } from './load-uws.ts';
import { readSetting, tellParent } from './tell-parent.ts';

/** The least that makes a dial frame a request at the CTI: a BullMQ job and a worker that sends it with got. */
const uws = loadUws();
const ctiUrl = readSetting('CTI_URL');
const redisUrl = readSetting('REDIS_URL');
const connection = () => new Redis(redisUrl, { maxRetriesPerRequest: null });
const queue = new Queue<{ to: string }>('floor-dial', { connection: connection() });
const worker = new Worker<{ to: string }>(
  'floor-dial',
  async ({ data: { to } }) =>
    void (await got(`${ctiUrl}?origem=3501&destino=${to}`, { retry: { limit: 0 } })),
  { connection: connection(), concurrency: 50 },
);
worker.on('error', (error) => process.stderr.write(`${String(error)}\n`));
await worker.waitUntilReady();

const decoder = new TextDecoder();
const app = uws.App();
app.ws<object>('/*', {
  message(ws, message) {
    const frame = JSON.parse(decoder.decode(message)) as { op: string; data: { to: string } };
    if (frame.op === 'dial') {
      void queue.add('dial', { to: frame.data.to }, { removeOnComplete: true, removeOnFail: true });
    } else ws.send('{"op":"ready"}', false, false);
  },
});
app.listen('127.0.0.1', 0, (token: us_listen_socket | false) => {
  if (token === false) throw new Error('no port to listen on');
  tellParent(uws.us_socket_local_port(token));
});
