import type { FastifyReply } from 'fastify';

/** Nothing the api answers is for a page to run, show or keep. */
const HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Puts the headers on a reply that hold unless a route knows better. */
export function setResponseHeaders(reply: FastifyReply, requestId: string): void {
  reply.headers({ ...HEADERS, 'x-request-id': requestId });
}

/** What the agent page may load: its own files, its gateway, and recordings from wherever the CTI keeps them. */
export function toPageCsp(connectTo: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `connect-src ${["'self'", ...connectTo].join(' ')}`,
    "img-src 'self' data:",
    'media-src * http: https:',
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}
