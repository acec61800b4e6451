import { HOSTILE_TEXTS } from './hostile-texts.ts';
import type { Random } from './random.ts';

const BOUNDARIES = [
  0, 1, 9, 10, 13, 32, 34, 37, 38, 39, 47, 58, 60, 61, 92, 123, 127, 128, 192, 237, 254, 255,
];
const LONGEST_COPY = 64;

type Mutation = (bytes: Buffer, random: Random) => Buffer;

const cut = (bytes: Buffer, from: number, until: number, put: Buffer) =>
  Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(until)]);

const MUTATIONS: readonly Mutation[] = [
  function flipBit(bytes, random) {
    const copy = Buffer.from(bytes);
    const at = random.between(0, copy.length - 1);
    copy.writeUInt8(copy.readUInt8(at) ^ (1 << random.between(0, 7)), at);
    return copy;
  },
  function setByte(bytes, random) {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(random.pick(BOUNDARIES), random.between(0, copy.length - 1));
    return copy;
  },
  function insertBytes(bytes, random) {
    const at = random.between(0, bytes.length);
    return cut(bytes, at, at, random.bytes(random.between(1, 8)));
  },
  function insertText(bytes, random) {
    const at = random.between(0, bytes.length);
    return cut(bytes, at, at, Buffer.from(random.pick(HOSTILE_TEXTS)));
  },
  function remove(bytes, random) {
    const at = random.between(0, bytes.length - 1);
    return cut(bytes, at, Math.min(bytes.length, at + random.between(1, 16)), Buffer.alloc(0));
  },
  function repeat(bytes, random) {
    const at = random.between(0, bytes.length - 1);
    const part = bytes.subarray(at, at + random.between(1, LONGEST_COPY));
    return cut(bytes, at, at, Buffer.concat(Array<Buffer>(random.between(1, 8)).fill(part)));
  },
  function move(bytes, random) {
    const at = random.between(0, bytes.length - 1);
    const part = bytes.subarray(at, at + random.between(1, LONGEST_COPY));
    const to = random.between(0, bytes.length);
    return cut(bytes, to, to, part);
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, random.between(0, bytes.length - 1));
  },
];

/** Changes good bytes in one to `most` places; what is left may be anything, also nothing. */
export function mutateBytes(bytes: Buffer, random: Random, most = 6): Buffer {
  let changed = bytes;
  for (let left = random.between(1, most); left > 0 && changed.length > 0; left--) {
    changed = random.pick(MUTATIONS)(changed, random);
  }
  return changed;
}
