const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function toHex(bytes: Uint8Array, length: number): string {
  let hex = '';
  for (let i = 0; i < length; i++) hex += HEX[bytes[i] ?? 0] ?? '';
  return hex;
}

/** UUIDv7 (RFC 9562): a 48-bit time in ms, then randomness the caller brings. */
export function toUuidV7(atMs: number, random: Uint8Array): string {
  const time = Math.floor(atMs).toString(16).padStart(12, '0');
  const hex = toHex(random, 10);
  const variant = (8 | (Number.parseInt(hex.charAt(4), 16) & 3)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(1, 4)}-${variant}${hex.slice(5, 8)}-${hex.slice(8, 20)}`;
}

/** The time inside a UUIDv7, in ms since the epoch. */
export function uuidV7Time(uuid: string): number {
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16);
}

/** Lays the first 32 of a hash's hexadecimal digits out as a UUIDv8, for ids that must follow from what they name. */
export function toUuidV8(hex: string): string {
  const variant = (8 | (Number.parseInt(hex.charAt(16), 16) & 3)).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
