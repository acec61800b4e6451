import type { IncomingMessage, ServerResponse } from 'node:http';
import { toByteRange } from './byte-range.ts';
import { toRecordingWav } from './recording-wav.ts';
import { CORS, sendError } from './reply.ts';

const RECORDING_PATH = /^\/recordings\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.wav$/;

/** The path of a call's recording. */
export function toRecordingPath(callId: string): string {
  return `/recordings/${callId}.wav`;
}

/** Serves `GET|HEAD /recordings/<call id>.wav`, whole or one byte range of it. */
export function handleRecording(request: IncomingMessage, response: ServerResponse, path: string): void {
  const callId = RECORDING_PATH.exec(path)?.[1];
  if (callId === undefined) {
    sendError(response, 404, 'not_found', 'no such recording');
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    sendError(response, 405, 'method_not_allowed', 'recordings are read with GET or HEAD');
    return;
  }
  const wav = toRecordingWav(callId);
  const headers = { ...CORS, 'Content-Type': 'audio/wav', 'Accept-Ranges': 'bytes' };
  // A range is defined for GET only; Node drops the body of a HEAD by itself.
  const range = toByteRange(request.method === 'GET' ? request.headers.range : undefined, wav.length);
  switch (range.kind) {
    case 'whole':
      response.writeHead(200, { ...headers, 'Content-Length': wav.length }).end(wav);
      return;
    case 'part':
      response
        .writeHead(206, {
          ...headers,
          'Content-Range': `bytes ${range.first}-${range.last}/${wav.length}`,
          'Content-Length': range.last - range.first + 1,
        })
        .end(wav.subarray(range.first, range.last + 1));
      return;
    case 'unsatisfiable':
      response
        .writeHead(416, { ...CORS, 'Content-Range': `bytes */${wav.length}`, 'Content-Length': 0 })
        .end();
      return;
    default:
      range satisfies never;
  }
}
