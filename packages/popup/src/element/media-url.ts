/** A recording's address if a browser may fetch it, else null: what a telephone system says is no link by itself. */
export function toMediaUrl(recording: string | undefined): string | null {
  if (recording === undefined || recording === '') return null;
  try {
    const url = new URL(recording);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
  } catch {
    return null;
  }
}
