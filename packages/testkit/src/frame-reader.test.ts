import { expect, test } from 'vitest';
import { toFrameBytes } from './frame-bytes.ts';
import { createFrameReader } from './frame-reader.ts';

const toBytes = (bodies: string[]) =>
  Buffer.concat([
    ...bodies.map((body) => toFrameBytes(body, { masked: false })),
    toFrameBytes('p', { opcode: 9, masked: false }),
  ]);
const SMALL = ['', 'x', 'y'.repeat(125), 'z'.repeat(126)];
const LARGE = ['x', 'é'.repeat(40_000), 'y'];

test.each([
  ['small', 1, SMALL],
  ['small', 3, SMALL],
  ['small', 1_000, SMALL],
  ['large', 777, LARGE],
  ['large', 200_000, LARGE],
])('%s frames are read whole from chunks of %i bytes', (_, size, bodies) => {
  const sent = toBytes(bodies);
  const heard: [number, string][] = [];
  const read = createFrameReader((opcode, body) => heard.push([opcode, body.toString('utf8')]));
  for (let at = 0; at < sent.length; at += size) read(Buffer.from(sent.subarray(at, at + size)));
  expect(heard).toEqual([...bodies.map((body) => [1, body]), [9, 'p']]);
});
