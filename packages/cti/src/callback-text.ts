/** Foreign text looked at before anything else: longer than any field of ours, short enough for every pattern. */
const MAX_INPUT = 4096;

/** A callback's value without control characters, trimmed and capped; undefined when nothing is left. */
export function toCleanText(value: string, maxLength: number): string | undefined {
  const text = value
    .slice(0, MAX_INPUT)
    .replace(/[\p{Cc}\p{Cs}]/gu, '')
    .trim();
  // Cutting may split a surrogate pair.
  return (
    text
      .slice(0, maxLength)
      .replace(/\p{Cs}$/u, '')
      .trimEnd() || undefined
  );
}

/** Extensions of Windows paths and URL schemes look alike; only these two are allowed to. */
const DRIVE = /^[a-z]:[\\/]/i;
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const OTHER_HOST = /^[\\/]{2}/;

/**
 * A recording's address (R28): an http(s) URL, or a relative or absolute path, of at most 2048 characters; undefined
 * for anything else. It is text to check and to proxy, never a link to follow as it is.
 */
export function toRecording(value: string): string | undefined {
  const text = value.slice(0, MAX_INPUT).trim();
  if (text === '' || text.length > 2048 || /[\p{Cc}\p{Cs}]/u.test(text)) return undefined;
  if (OTHER_HOST.test(text)) return undefined;
  if (DRIVE.test(text) || !SCHEME.test(text)) return text;
  return /^https?:\/\//i.test(text) && URL.canParse(text) ? text : undefined;
}
