/** Opcodes of RFC 6455. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface FrameShape {
  opcode: number;
  payload: Buffer;
  /** The first four bits, FIN and the three reserved ones; default FIN alone. */
  flags?: number;
  /** What clients must do; default true. */
  masked?: boolean;
  /** Said in place of the payload's own length. */
  length?: number;
  /** In how many bytes the length is said; default: as few as it takes. */
  lengthBytes?: 0 | 2 | 8;
}

const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/** The bytes of one frame of a client, well-formed or not. */
export function toFrameBytes(shape: FrameShape): Buffer {
  const { opcode, payload, flags = 0b1000, masked = true, length = payload.length } = shape;
  const lengthBytes = shape.lengthBytes ?? (length < 126 ? 0 : length < 65_536 ? 2 : 8);
  const head = Buffer.alloc(2 + lengthBytes);
  head.writeUInt8(((flags & 15) << 4) | (opcode & 15), 0);
  const code = lengthBytes === 0 ? length & 127 : lengthBytes === 2 ? 126 : 127;
  head.writeUInt8((masked ? 128 : 0) | code, 1);
  if (lengthBytes === 2) head.writeUInt16BE(length & 0xffff, 2);
  if (lengthBytes === 8) head.writeBigUInt64BE(BigInt.asUintN(64, BigInt(length)), 2);
  if (!masked) return Buffer.concat([head, payload]);
  return Buffer.concat([head, MASK, Buffer.from(payload.map((byte, i) => byte ^ (MASK[i & 3] ?? 0)))]);
}

/** What a server sent. */
export interface ServerFrame {
  opcode: number;
  payload: Buffer;
}

/** The whole frames at the front of what came; servers neither mask nor, here, fragment. */
export function takeServerFrames(bytes: Buffer): { frames: ServerFrame[]; rest: Buffer } {
  const frames: ServerFrame[] = [];
  let at = 0;
  while (bytes.length - at >= 2) {
    const code = bytes.readUInt8(at + 1) & 127;
    const start = at + (code < 126 ? 2 : code === 126 ? 4 : 10);
    if (bytes.length < start) break;
    const length =
      code < 126 ? code : code === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    if (bytes.length < start + length) break;
    frames.push({ opcode: bytes.readUInt8(at) & 15, payload: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return { frames, rest: bytes.subarray(at) };
}
