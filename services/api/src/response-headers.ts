import type { FastifyReply, FastifyRequest } from 'fastify';

/** What browsers are told beside the answers themselves (threat 8). */
export interface WebSettings {
  /** Origins whose pages may read answers; none by default. */
  allowedOrigins: readonly string[];
  /** Origins whose pages may show the agent page in a frame; none by default. */
  frameAncestors: readonly string[];
  /** For how long browsers shall come by TLS alone, in seconds; 0 says nothing. */
  hstsSec: number;
}

/** Nothing the api answers is for a page to run, show, frame or keep. */
const HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy':
    'camera=(), display-capture=(), geolocation=(), hid=(), microphone=(), midi=(), payment=(), serial=(), usb=()',
  'cache-control': 'no-store',
};

/** Puts the headers on a reply that hold unless a route knows better. */
export function setResponseHeaders(request: FastifyRequest, reply: FastifyReply, hstsSec: number): void {
  reply.headers({ ...HEADERS, 'x-request-id': request.id });
  // Only what came by TLS may say so (RFC 6797); who makes the header up has told nobody but itself.
  if (hstsSec > 0 && request.headers['x-forwarded-proto'] === 'https') {
    reply.header('strict-transport-security', `max-age=${hstsSec}; includeSubDomains`);
  }
}

/**
 * The agent page's own: its files, its gateway, and recordings from wherever the CTI keeps them. No script or style
 * stands in the page itself, and none is made of text.
 */
export function toPageHeaders(
  connectTo: readonly string[],
  frameAncestors: readonly string[],
): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `connect-src ${["'self'", ...connectTo].join(' ')}`,
    "img-src 'self' data:",
    'media-src * http: https:',
    `frame-ancestors ${frameAncestors.length === 0 ? "'none'" : frameAncestors.join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    // Lit's, which lets nothing through but the templates of its own code.
    'trusted-types lit-html',
  ];
  return { 'content-security-policy': policy.join('; '), 'cache-control': 'no-cache' };
}
