import { expect, test } from 'vitest';
import { OPCODE, takeServerFrames, toFrameBytes } from './ws-frames.ts';

test.each([0, 125, 126, 65_535, 65_536])('a frame of %i bytes is read as it was written', (length) => {
  const payload = Buffer.alloc(length, 'ab');
  const bytes = toFrameBytes({ opcode: OPCODE.text, payload, masked: false });
  const { frames, rest } = takeServerFrames(Buffer.concat([bytes, bytes, bytes.subarray(0, 1)]));
  // Comparing such long ones by `toEqual` takes seconds.
  expect(frames.map((frame) => frame.opcode === OPCODE.text && frame.payload.equals(payload))).toEqual([
    true,
    true,
  ]);
  expect(rest.equals(bytes.subarray(0, 1))).toBe(true);
});

test('a client masks its payload, and may lie about its length', () => {
  const bytes = toFrameBytes({ opcode: OPCODE.binary, payload: Buffer.from('secret'), length: 3 });
  expect(bytes.toString('latin1')).not.toContain('secret');
  expect(bytes.readUInt8(1)).toBe(128 | 3);
});
