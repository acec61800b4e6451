/**
 * Percent-encodes a query's name or value. Of what encodeURIComponent leaves, `!'()` are encoded too, because URL
 * parsers and signatures don't agree on them; `*` stays, PBXs are sent it as it is.
 */
export function encodeUrlValue(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
