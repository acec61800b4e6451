import { pino } from 'pino';

/** The little of a logger that the code uses: an object of fields, then a message. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  fatal(fields: object, message: string): void;
  /** Calls back when all that was logged until now is written, which it never is where nobody reads it. */
  flush?(done: () => void): void;
}

const STDOUT = 1;

/** Fields whose values never reach a log, at the top and one level down (I8). */
const SECRET_FIELDS = [
  'token',
  'senha',
  'password',
  'authorization',
  'token_auth',
  'apiKey',
  'to',
  'peer',
  'number',
];

/**
 * JSON lines on standard output. An error is logged with its type, code and stack, never with the
 * request or reply a library hangs on it.
 */
export function createLogger(service: string, level: string): Logger {
  // A whole line is always longer than the least that is written; with none given, `flush` waits for nothing.
  const destination = pino.destination({ dest: STDOUT, sync: false, minLength: 1 });
  // The library's own tries for ever where the reader is gone, and is called at the exit of the process, which then never comes.
  destination.flushSync = () => undefined;
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: '***' },
      serializers: { error: toLoggedError },
    },
    destination,
  );
}

/** What of an error is safe and useful to write down. */
export function toLoggedError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code } = error as { code?: unknown };
  const cause = error.cause === undefined ? {} : { cause: toLoggedError(error.cause) };
  return {
    type: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    stack: error.stack,
    ...cause,
  };
}

/** The last digits of a number, enough to recognise it in a log by someone who knows it (I8). */
export function maskNumber(number: string): string {
  return number.length <= 4 ? number : `${'*'.repeat(number.length - 2)}${number.slice(-2)}`;
}
