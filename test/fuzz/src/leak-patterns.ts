/** What an answer must not hold: where our code lies, what it is made of, what it stores things under. */
const LEAKS: readonly [what: string, pattern: RegExp][] = [
  ['a stack trace', /\n\s+at (?:async )?\S+|\bat \S+ \(\S+:\d+:\d+\)|\bnode:internal\b/],
  [
    'a source file',
    /[\w-]+\.(?:ts|mts|mjs|cjs|lua|sql)\b(?!\.\w)|\b(?:services|packages|dist|src)\/[\w-]+|node_modules/,
  ],
  ['a place in a file', /\.js:\d+(?::\d+)?\b/],
  ['a package of ours', /@ramal\//],
  [
    'a library',
    /\b(?:fastify|ioredis|bullmq|uwebsockets?|undici|saxes|llhttp|pino|node-postgres|ZodError|zod|jose|got|FST_ERR_\w+|ERR_HTTP_\w+|HPE_\w+|JWSInvalid|JWTExpired)\b/i,
  ],
  [
    'a JavaScript error',
    /\b(?:TypeError|RangeError|ReferenceError|SyntaxError|AggregateError|AssertionError)\b|Cannot read propert|is not a function|is not iterable|Unexpected token|in JSON at position|Maximum call stack/,
  ],
  [
    'SQL or its server',
    /\b(?:select .{1,80} from|insert into|update \w+ set|delete from) |syntax error at or near|\bSQLSTATE\b|\brelation "|\bcolumn "|duplicate key value|invalid byte sequence|invalid input syntax/i,
  ],
  [
    'a table',
    /\b(?:wl_chamados_empresa|configuracao_cti|cti_settings|call_events|call_traces|dead_letters|api_keys|callback_tokens|stream_checkpoints|call_\w+_\d{4}_\d{2})\b/,
  ],
  ['a Redis key', /ramal:\{|\{ramal-queue\}/],
  [
    'a Redis error',
    /\b(?:ReplyError|WRONGTYPE|NOSCRIPT|CROSSSLOT|NOGROUP|MISCONF|EVALSHA|XADD|HSET)\b|user_script|ERR (?:unknown|wrong|Error|value)/,
  ],
];

export interface Leak {
  what: string;
  /** The text that gave it away. */
  text: string;
}

/**
 * The first thing in an answer that tells of our insides. What the caller wrote itself is no leak.
 * @param sent what was sent, as bytes in latin1 and as text
 */
export function findLeak(answer: string, sent: string): Leak | null {
  for (const [what, pattern] of LEAKS) {
    const found = pattern.exec(answer)?.[0];
    if (found !== undefined && !sent.includes(found.trim())) return { what, text: found.slice(0, 120) };
  }
  return null;
}
