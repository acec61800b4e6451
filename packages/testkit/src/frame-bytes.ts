/** A WebSocket frame, right or wrong in every part (RFC 6455, 5.2). */
export interface FrameParts {
  /** 1 text, 2 binary, 0 continuation, 8 close, 9 ping, 10 pong; default 1. */
  opcode?: number;
  /** Whether it is its message's last; default true. */
  fin?: boolean;
  /** The three reserved bits, 0 to 7; default 0. */
  reserved?: number;
  /** False leaves out the mask that a client must use. */
  masked?: boolean;
  /** What the header says, in its 64-bit form; default: the payload's own length in the shortest form. */
  claimedLength?: bigint;
}

const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/** The bytes of one frame of a client's. */
export function toFrameBytes(payload: string | Uint8Array, parts: FrameParts = {}): Buffer {
  const { opcode = 1, fin = true, reserved = 0, masked = true, claimedLength } = parts;
  const body = Buffer.from(payload as Uint8Array);
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  const header = toHeader(first, masked ? 0x80 : 0, body.length, claimedLength);
  if (!masked) return Buffer.concat([header, body]);
  return Buffer.concat([header, MASK, body.map((byte, i) => byte ^ (MASK[i % 4] ?? 0))]);
}

function toHeader(first: number, mask: number, length: number, claimed: bigint | undefined): Buffer {
  if (claimed === undefined && length < 126) return Buffer.from([first, mask | length]);
  if (claimed === undefined && length < 65_536) {
    return Buffer.from([first, mask | 126, length >> 8, length & 0xff]);
  }
  const header = Buffer.alloc(10);
  header.set([first, mask | 127]);
  header.writeBigUInt64BE(claimed ?? BigInt(length), 2);
  return header;
}
