import { uuidV7Time } from '@ramal/contracts';

/** The cursor was not made by us; `code` is stable. */
export class CursorInvalidError extends Error {
  readonly code = 'cursor_invalid';

  constructor() {
    super('the cursor is not one of ours');
    this.name = 'CursorInvalidError';
  }
}

/** The place of a call in the list: the next page starts below it. */
export interface CallsCursor {
  startedAtMs: number;
  callId: string;
}

const CURSOR = /^([0-9]{1,15})\.([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/** An opaque text for clients to hand back. */
export function toCursor(cursor: CallsCursor): string {
  return Buffer.from(`${cursor.startedAtMs}.${cursor.callId}`).toString('base64url');
}

/** Throws CursorInvalidError. */
export function parseCursor(text: string): CallsCursor {
  const [, startedAt, callId] = CURSOR.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? [];
  if (startedAt === undefined || callId === undefined) throw new CursorInvalidError();
  const startedAtMs = Number(startedAt);
  if (uuidV7Time(callId) !== startedAtMs) throw new CursorInvalidError();
  return { startedAtMs, callId };
}
