import { crc32 } from 'node:zlib';

/**
 * One entry of a segment: magic (3 bytes), kind (1), length of the payload (4), checksum (4), payload. The checksum is
 * over all but the magic and itself, so that a torn write or a flipped bit anywhere is noticed.
 */
export interface JournalFrame {
  kind: FrameKind;
  payload: Buffer;
  /** Of the whole frame in its segment, bytes. */
  offset: number;
  length: number;
}

export type FrameKind = 'record' | 'note';

export interface ScannedSegment {
  frames: JournalFrame[];
  /** Stretches of bytes that are no frame: flipped bits, or what was left of a write that was torn. */
  damaged: number;
}

/** 0xF5 is in no UTF-8: text in a payload is never taken for the begin of a frame. */
const MAGIC = Buffer.from([0xf5, 0x52, 0x4a]);
const HEADER_BYTES = 12;
/** No callback is as long; a length beyond is damage. */
const MAX_PAYLOAD_BYTES = 1024 * 1024;
const CODES: Record<FrameKind, number> = { record: 1, note: 2 };

export function toFrame(kind: FrameKind, payload: Buffer): Buffer {
  if (payload.length > MAX_PAYLOAD_BYTES) throw new RangeError('a journal entry holds 1 MiB at most');
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  MAGIC.copy(frame);
  frame[3] = CODES[kind];
  frame.writeUInt32LE(payload.length, 4);
  payload.copy(frame, HEADER_BYTES);
  frame.writeUInt32LE(toChecksum(frame, 0, payload.length), 8);
  return frame;
}

/** Reads one frame; null where there is none that is whole. */
export function readFrame(bytes: Buffer, offset: number): JournalFrame | null {
  if (offset + HEADER_BYTES > bytes.length) return null;
  if (MAGIC.compare(bytes, offset, offset + MAGIC.length) !== 0) return null;
  const kind = toKind(bytes[offset + 3]);
  const size = bytes.readUInt32LE(offset + 4);
  const end = offset + HEADER_BYTES + size;
  if (kind === undefined || size > MAX_PAYLOAD_BYTES || end > bytes.length) return null;
  if (bytes.readUInt32LE(offset + 8) !== toChecksum(bytes, offset, size)) return null;
  const length = HEADER_BYTES + size;
  return { kind, payload: bytes.subarray(offset + HEADER_BYTES, end), offset, length };
}

/** Reads all frames that are whole, before and behind whatever is damaged. */
export function scanSegment(bytes: Buffer): ScannedSegment {
  const frames: JournalFrame[] = [];
  let damaged = 0;
  let isDamaged = false;
  let offset = 0;
  while (offset < bytes.length) {
    const frame = readFrame(bytes, offset);
    if (frame !== null) {
      frames.push(frame);
      offset += frame.length;
      isDamaged = false;
      continue;
    }
    if (!isDamaged) damaged += 1;
    isDamaged = true;
    const next = bytes.indexOf(MAGIC, offset + 1);
    offset = next === -1 ? bytes.length : next;
  }
  return { frames, damaged };
}

function toKind(code: number | undefined): FrameKind | undefined {
  if (code === CODES.record) return 'record';
  return code === CODES.note ? 'note' : undefined;
}

function toChecksum(bytes: Buffer, offset: number, size: number): number {
  const head = crc32(bytes.subarray(offset + 3, offset + 8));
  return crc32(bytes.subarray(offset + HEADER_BYTES, offset + HEADER_BYTES + size), head);
}
