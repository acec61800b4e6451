/** An HTTP answer. */
export interface HttpAnswer {
  status: number;
  /** Headers and body, as text. */
  text: string;
  contentType: string;
  /** Bytes of the connection that it took. */
  length: number;
  closes: boolean;
}

const HEAD_END = '\r\n\r\n';

/**
 * The answer at the front of what a connection has brought; null while it is not whole. Without a length it lasts
 * until the connection's end.
 */
export function readAnswer(
  bytes: Buffer,
  { isHead, ended }: { isHead: boolean; ended: boolean },
): HttpAnswer | null {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return null;
  const head = bytes.toString('latin1', 0, headEnd);
  const start = headEnd + HEAD_END.length;
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
  const header = (name: string) => new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1];
  const length = header('content-length');
  const whole = isHead || status === 204 || status === 304;
  const body = whole
    ? { text: '', end: start }
    : header('transfer-encoding') === 'chunked'
      ? readChunks(bytes, start)
      : readPlain(bytes, start, length === undefined ? null : Number(length), ended);
  if (body === null) return null;
  return {
    status,
    text: `${head}\n\n${body.text}`,
    contentType: header('content-type') ?? '',
    length: body.end,
    closes: /close/i.test(header('connection') ?? '') || (length === undefined && ended),
  };
}

type Body = { text: string; end: number } | null;

function readPlain(bytes: Buffer, start: number, length: number | null, ended: boolean): Body {
  const end = length === null ? bytes.length : start + length;
  if (length === null ? !ended : bytes.length < end) return null;
  return { text: bytes.toString('utf8', start, end), end };
}

function readChunks(bytes: Buffer, start: number): Body {
  const parts: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const end = lineEnd + 2 + size;
    if (bytes.length < end + 2) return null;
    if (size === 0) return { text: Buffer.concat(parts).toString('utf8'), end: end + 2 };
    parts.push(bytes.subarray(lineEnd + 2, end));
    at = end + 2;
  }
}
