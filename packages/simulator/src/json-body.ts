import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';

/** Bodies of the control plane end here. */
const MAX_BODY_BYTES = 64 * 1024;

/** A body that can't be used; `status` and `code` are the reply's. */
export class RequestBodyError extends Error {
  readonly status: number;
  readonly code: 'bad_json' | 'bad_request' | 'payload_too_large' | 'incomplete_body';

  constructor(status: number, code: RequestBodyError['code'], message: string) {
    super(message);
    this.name = 'RequestBodyError';
    this.status = status;
    this.code = code;
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) break;
      chunks.push(chunk);
    }
  } catch {
    throw new RequestBodyError(400, 'incomplete_body', 'the connection ended before the body did');
  }
  if (bytes > MAX_BODY_BYTES) {
    throw new RequestBodyError(413, 'payload_too_large', `a body holds at most ${MAX_BODY_BYTES} bytes`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Says what is wrong with data, with the paths into it. */
export function toProblemText(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
    .join('; ');
}

/**
 * Reads a JSON body of a certain shape. An empty body counts as `{}`.
 * Throws RequestBodyError: too large, not JSON, or not of the shape.
 */
export async function readJsonBody<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const text = await readText(request);
  let data: unknown;
  try {
    data = text.trim() === '' ? {} : JSON.parse(text);
  } catch (error) {
    throw new RequestBodyError(400, 'bad_json', `the body is not JSON: ${(error as SyntaxError).message}`);
  }
  const parsed = schema.safeParse(data);
  if (!parsed.success) throw new RequestBodyError(400, 'bad_request', toProblemText(parsed.error));
  return parsed.data;
}
