const SLOTS = 16_384;
/** CRC16 as XMODEM has it, which is what a cluster hashes by. */
const POLYNOMIAL = 0x1021;

/** The slot of a cluster that a key or a sharded channel lies in: by what is in its first braces, else by all of it. */
export function toKeySlot(key: string): number {
  const open = key.indexOf('{');
  const close = open === -1 ? -1 : key.indexOf('}', open + 1);
  const hashed = close > open + 1 ? key.slice(open + 1, close) : key;
  let crc = 0;
  for (const byte of new TextEncoder().encode(hashed)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ POLYNOMIAL;
    crc &= 0xffff;
  }
  return crc % SLOTS;
}
