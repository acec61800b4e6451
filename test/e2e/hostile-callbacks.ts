import { type CallbackAnswer, postCallback, sendCallback } from '../harness/send-callback.ts';

interface Target {
  /** A tenant's callback address, without the kind. */
  base: string;
  webhookUrl: string;
}

const query = 'origem=4790&destino=3501';

/** Requests that are no good callbacks, and how each is refused. */
export const BROKEN_CALLBACKS: readonly [
  what: string,
  status: number,
  code: string,
  send: (to: Target) => Promise<CallbackAnswer>,
][] = [
  [
    'an unknown token',
    404,
    'not_found',
    (to) => sendCallback(`${to.webhookUrl}/v1/cti/cb_no/ended?${query}`),
  ],
  ['an unknown kind', 404, 'not_found', (to) => sendCallback(`${to.base}/ringing?${query}`)],
  ['a kind of every object', 404, 'not_found', (to) => sendCallback(`${to.base}/constructor?${query}`)],
  ['an unknown address', 404, 'not_found', (to) => sendCallback(`${to.webhookUrl}/wp-login.php`)],
  [
    'a token of 5 000 characters',
    404,
    'not_found',
    (to) => sendCallback(to.base.slice(0, -9) + 'x'.repeat(5000) + '/ended'),
  ],
  ['a broken percent escape', 400, 'bad_request', (to) => sendCallback(`${to.base}%ZZ/ended?${query}`)],
  [
    'a body over 64 KiB',
    413,
    'payload_too_large',
    (to) =>
      postCallback(
        `${to.base}/ended`,
        'application/x-www-form-urlencoded',
        `origem=${'9'.repeat(65 * 1024)}`,
      ),
  ],
  [
    'broken JSON',
    400,
    'bad_request',
    (to) => postCallback(`${to.base}/ended`, 'application/json', '{"origem":'),
  ],
  [
    'JSON that is no object',
    400,
    'bad_request',
    (to) => postCallback(`${to.base}/ended`, 'application/json', '42'),
  ],
  ['a callback that names no call', 400, 'bad_request', (to) => sendCallback(`${to.base}/ended?foo=bar`)],
  [
    'random bytes of a type nobody knows',
    400,
    'bad_request',
    (to) =>
      postCallback(
        `${to.base}/ended`,
        'garbage/;;=\u00ff"',
        Buffer.from([0, 255, 1, 254, 38, 61, 37, 90, 90]),
      ),
  ],
  [
    'JSON a thousand levels deep',
    400,
    'bad_request',
    (to) =>
      postCallback(`${to.base}/ended`, 'application/json', '{"a":'.repeat(1000) + '1' + '}'.repeat(1000)),
  ],
];

/** Values that must never do harm, wherever they stand (threat 10). */
export const HOSTILE_VALUES: readonly string[] = [
  '__proto__',
  'constructor',
  'a\r\nX-Injected: 1',
  'x'.repeat(10_000),
  '9'.repeat(10_000),
  '\u0000',
  '47\u000099',
  '😀'.repeat(500),
  '\ud800',
  '\u202e4799',
  "'; drop table calls; --",
  '${jndi:ldap://127.0.0.1/a}',
  '<script>alert(1)</script>',
  '{"$gt":""}',
  '%00%0d%0a',
  'NaN',
  '-1',
  '1e309',
];
/** Variables they are put into. */
export const HOSTILE_NAMES: readonly string[] = [
  'origem',
  'destino',
  'audio',
  'id',
  'status',
  'duracao',
  'data_hora',
  '__proto__',
  'constructor',
];
