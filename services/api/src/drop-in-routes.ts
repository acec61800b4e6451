import { WireError } from '@ramal/runtime';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { DropIn, DropInFile } from './drop-in-files.ts';

/** Any page may load and read these; they hold nothing that is secret. */
const PUBLIC_SCRIPT = {
  'content-type': 'text/javascript; charset=utf-8',
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
};
const FIVE_MINUTES = 'public, max-age=300';
const FOR_GOOD = 'public, max-age=31536000, immutable';

/**
 * `/ramal.js` and the modules it loads, for any CRM's page (R36). The modules' addresses hold a version, so that a
 * page never mixes two; a version of before or after a deployment is answered with ours, which is not kept.
 */
export function registerDropInRoutes(app: FastifyInstance, { version, loader, modules }: DropIn): void {
  const schema = { hide: true };

  app.get('/ramal.js', { schema }, (request, reply) => send(request, reply, loader, FIVE_MINUTES));

  app.get<{ Params: { version: string; file: string } }>(
    '/ramal/:version/:file',
    { schema },
    (request, reply) => {
      const module = modules.get(request.params.file);
      if (module === undefined) throw new WireError('not_found', 'no such file');
      return send(request, reply, module, request.params.version === version ? FOR_GOOD : 'no-cache');
    },
  );
}

function send(request: FastifyRequest, reply: FastifyReply, { body, etag }: DropInFile, keep: string) {
  reply.headers({ ...PUBLIC_SCRIPT, etag, 'cache-control': keep });
  const known = request.headers['if-none-match']?.split(',').map((one) => one.trim().replace(/^W\//, ''));
  return known?.includes(etag) === true ? reply.code(304).send() : reply.send(body);
}
