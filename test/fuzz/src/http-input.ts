/** Whom a request is for. */
export type HttpHost = 'webhook' | 'api' | 'gateway';

/** One request, as wrong as it may be in anything but its framing. */
export interface HttpInput {
  host: HttpHost;
  method: string;
  /** Raw, as it stands in the request line. */
  target: string | Buffer;
  headers: readonly (readonly [name: string, value: string])[];
  body: Buffer | null;
  /** An answer 2xx would mean that a credential was taken that nobody gave out. */
  mustBeRefused?: boolean;
}

const toBytes = (text: string | Buffer) => (typeof text === 'string' ? Buffer.from(text) : text);

/** Line ends would make other requests of one; what they may do stands in the bodies. */
const toLine = (bytes: Buffer) => Buffer.from(bytes.filter((byte) => byte !== 10 && byte !== 13));

/** The bytes of a request that keeps its connection. */
export function toRequestBytes(input: HttpInput): Buffer {
  const headers = input.headers.map(([name, value]) => toLine(Buffer.from(`${name}: ${value}`)));
  const length = input.body === null ? [] : [Buffer.from(`Content-Length: ${input.body.length}`)];
  const lines = [
    Buffer.concat([Buffer.from(`${input.method} `), toLine(toBytes(input.target)), Buffer.from(' HTTP/1.1')]),
    Buffer.from('Host: fuzz.example'),
    ...headers,
    ...length,
  ];
  const end = Buffer.from('\r\n');
  return Buffer.concat([...lines.flatMap((line) => [line, end]), end, input.body ?? Buffer.alloc(0)]);
}
