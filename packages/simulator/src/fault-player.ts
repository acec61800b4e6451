import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Fault } from './behaviour.ts';

const HUGE_BODY_BYTES = 50 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

/** Where a redirecting CTI sends its callers: the metadata address of clouds. */
const REDIRECT_TARGET = 'http://169.254.169.254/';

function* hugeBody(): Generator<Buffer> {
  const chunk = Buffer.alloc(CHUNK_BYTES, 'x');
  for (let sent = 0; sent < HUGE_BODY_BYTES; sent += CHUNK_BYTES) yield chunk;
}

/** Meets a fully read request with a fault in place of a reply. */
export function playFault(
  kind: Exclude<Fault, 'none'>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { socket } = request;
  switch (kind) {
    case 'reset_before_reply':
      socket.resetAndDestroy();
      return;
    case 'mute':
      // The socket stays open until the client, refuse() or stop() ends it.
      return;
    case 'redirect':
      response.writeHead(302, { Location: REDIRECT_TARGET, 'Content-Length': 0 }).end();
      return;
    case 'huge_body':
      response.writeHead(200, { 'Content-Type': 'application/json' });
      // A stream waits for slow readers, so 50 MB never lie in memory; pipe ends with its reader.
      Readable.from(hugeBody()).pipe(response);
      return;
    case 'garbage':
      socket.end('\u0000\u0007 this is no HTTP \u00ff\u00fe at all\r\n\r\n', 'latin1');
      return;
    default:
      kind satisfies never;
  }
}
