import type { FastifyInstance } from 'fastify';
import type { PublicScript } from './public-scripts.ts';

/** Any page may load and read these; they hold nothing that is secret. A page has what is new within five minutes. */
const HEADERS = {
  'content-type': 'text/javascript; charset=utf-8',
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
  'cache-control': 'public, max-age=300',
  vary: 'accept-encoding',
};

/** `/ramal.js` and `/ramal-popup.js`, for any CRM's page (R36). */
export function registerPublicScriptRoutes(app: FastifyInstance, scripts: readonly PublicScript[]): void {
  for (const { path, body, gzipped, tag } of scripts) {
    app.get(path, { schema: { hide: true } }, (request, reply) => {
      const zips = takesGzip(request.headers['accept-encoding']);
      const etag = zips ? `"${tag}-gzip"` : `"${tag}"`;
      reply.headers({ ...HEADERS, etag });
      if (toTags(request.headers['if-none-match']).includes(etag)) return reply.code(304).send();
      if (zips) reply.header('content-encoding', 'gzip');
      return reply.send(zips ? gzipped : body);
    });
  }
}

function takesGzip(accepted: string | string[] | undefined): boolean {
  return /(^|,)\s*(gzip|\*)\s*(;\s*q=(1|0\.0*[1-9])[\d.]*)?\s*(,|$)/i.test(String(accepted ?? ''));
}

function toTags(known: string | undefined): string[] {
  return (known ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
}
