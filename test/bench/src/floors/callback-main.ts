import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { Redis } from 'ioredis';
import { readSetting, tellParent } from './tell-parent.ts';

/**
 * The least that takes a callback: bare Fastify, one XADD of what it said, then 2xx. With a channel prefix it is published
 * as well, to the channel of the extension that it names: the first half of a pop-up's way.
 */
const redis = new Redis(readSetting('REDIS_URL'));
const stream = readSetting('STREAM');
const prefix = process.env['CHANNEL_PREFIX'];
const app = Fastify({ logger: false });

app.get<{ Querystring: Record<string, string> }>('/v1/cti/:token/:kind', async (request, reply) => {
  const said = JSON.stringify(request.query);
  const written = redis.xadd(stream, '*', 'e', said);
  if (prefix !== undefined)
    await redis.spublish(`${prefix}${request.query['destino']}`, `{"op":"popup.show","data":${said}}`);
  await written;
  return reply.type('text/plain').send('ok');
});
await app.listen({ host: '127.0.0.1', port: 0 });
tellParent((app.server.address() as AddressInfo).port);
