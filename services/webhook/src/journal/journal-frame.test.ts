import { describe, expect, it } from 'vitest';
import { readFrame, scanSegment, toFrame } from './journal-frame.ts';

const payloads = ['{"n":1}', '', '{"n":"é ð"}', `{"long":"${'x'.repeat(2_000)}"}`].map((text) =>
  Buffer.from(text),
);
const segment = Buffer.concat(payloads.map((payload) => toFrame('record', payload)));
const read = (bytes: Buffer) => scanSegment(bytes).frames.map(({ payload }) => payload.toString());

describe('a segment', () => {
  it('is read as it was written, each entry with its place', () => {
    const { frames, damaged } = scanSegment(segment);
    expect(frames.map(({ payload }) => payload)).toEqual(payloads);
    expect(damaged).toBe(0);
    for (const { offset, length, payload } of frames) {
      expect(readFrame(segment.subarray(offset, offset + length), 0)?.payload).toEqual(payload);
    }
  });

  it('cut anywhere loses the entry that was cut and none before it', () => {
    const { frames } = scanSegment(segment);
    for (let length = 0; length < segment.length; length += 61) {
      const whole = frames.filter((frame) => frame.offset + frame.length <= length);
      const cut = scanSegment(segment.subarray(0, length));
      expect(cut.frames).toHaveLength(whole.length);
      const end = whole.at(-1) === undefined ? 0 : whole.at(-1)!.offset + whole.at(-1)!.length;
      expect(cut.damaged).toBe(length === end ? 0 : 1);
    }
  });

  it('with any one bit flipped loses that entry alone', () => {
    const small = Buffer.concat(['a', 'bb', 'ccc'].map((text) => toFrame('note', Buffer.from(text))));
    const lengths = scanSegment(small).frames.map(({ offset, length }) => [offset, offset + length] as const);
    for (let bit = 0; bit < small.length * 8; bit++) {
      const flipped = Buffer.from(small);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const hit = lengths.findIndex(([from, to]) => bit >> 3 >= from && bit >> 3 < to);
      expect(read(flipped)).toEqual(['a', 'bb', 'ccc'].filter((_, i) => i !== hit));
      expect(scanSegment(flipped).damaged).toBe(1);
    }
  });

  it('that begins or goes on with garbage is read behind it', () => {
    const garbage = Buffer.from('f5524a01ffffffff00f5524a', 'hex');
    const bytes = Buffer.concat([garbage, segment, garbage, segment]);
    expect(read(bytes)).toHaveLength(2 * payloads.length);
    expect(scanSegment(bytes).damaged).toBe(2);
  });

  it('takes no entry beyond 1 MiB', () => {
    expect(() => toFrame('record', Buffer.alloc(1024 * 1024 + 1))).toThrow(RangeError);
  });
});
