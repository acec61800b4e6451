/** One for each click; `randomUUID` is not there on a page without HTTPS. */
export function newIntentId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
