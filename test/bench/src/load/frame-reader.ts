/**
 * Takes a server's WebSocket frames out of a stream of bytes, as cheaply as it can be done: unmasked, whole messages,
 * none above 64 KiB, which is all that the servers here send.
 * @param onFrame told of each frame, where its payload lies and what it is (1 text, 8 close, 9 ping)
 */
export function createFrameReader(
  onFrame: (bytes: Buffer, from: number, to: number, opcode: number) => void,
): (chunk: Buffer) => void {
  let rest: Buffer | null = null;
  return (chunk) => {
    const bytes = rest === null ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (bytes.length - at >= 2) {
      const short = (bytes[at + 1] ?? 0) & 0x7f;
      let from = at + 2;
      let length = short;
      if (short === 127) throw new RangeError('a frame of more than 64 KiB');
      if (short === 126) {
        if (bytes.length - at < 4) break;
        length = bytes.readUInt16BE(at + 2);
        from = at + 4;
      }
      if (bytes.length < from + length) break;
      onFrame(bytes, from, from + length, (bytes[at] ?? 0) & 0x0f);
      at = from + length;
    }
    // A copy: the rest of a large chunk must not keep all of it.
    rest = at < bytes.length ? Buffer.from(bytes.subarray(at)) : null;
  };
}
