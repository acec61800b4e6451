import type { AckFrame, ErrorFrame, ServerEvent } from '../wire.ts';

type ServerFrame = ServerEvent | AckFrame | ErrorFrame;

/** Null for what is no frame: ops and fields that are newer than this package pass, and are ignored where they are read. */
export function readFrame(text: string): ServerFrame | null {
  try {
    const frame: unknown = JSON.parse(text);
    const isFrame = typeof frame === 'object' && frame !== null && 'op' in frame && 'data' in frame;
    return isFrame ? (frame as ServerFrame) : null;
  } catch {
    return null;
  }
}
