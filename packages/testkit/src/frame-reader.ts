/** How the length of a frame's body is written: in the second byte, or in so many bytes after it. */
const LENGTH_IN_TWO = 126;
const LENGTH_IN_EIGHT = 127;

/** Takes a server's bytes apart into frames, whatever the chunks they come in. */
export function createFrameReader(onFrame: (opcode: number, body: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = toFrameEnd(bytes); end !== null && end.at <= bytes.length; end = toFrameEnd(bytes)) {
      onFrame((bytes[0] ?? 0) & 0x0f, bytes.subarray(end.bodyAt, end.at));
      bytes = bytes.subarray(end.at);
    }
    rest = bytes;
  };
}

/** Where the first frame's body begins and ends; null while not all of its head is there. A server masks nothing. */
function toFrameEnd(bytes: Buffer): { bodyAt: number; at: number } | null {
  const length = bytes[1];
  if (length === undefined) return null;
  const bodyAt = length === LENGTH_IN_TWO ? 4 : length === LENGTH_IN_EIGHT ? 10 : 2;
  if (bytes.length < bodyAt) return null;
  const body =
    length === LENGTH_IN_TWO
      ? bytes.readUInt16BE(2)
      : length === LENGTH_IN_EIGHT
        ? Number(bytes.readBigUInt64BE(2))
        : length;
  return { bodyAt, at: bodyAt + body };
}
