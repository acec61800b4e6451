/** An answer of the webhook. */
export interface CallbackAnswer {
  status: number;
  contentType: string;
  retryAfter: string | null;
  text: string;
}

/** Sends one request to the webhook as a CTI would, and reads the answer whole. */
export async function sendCallback(url: string, init: RequestInit = {}): Promise<CallbackAnswer> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) });
  return {
    status: response.status,
    contentType: response.headers.get('content-type') ?? '',
    retryAfter: response.headers.get('retry-after'),
    text: await response.text(),
  };
}

/** Sends a body under a content type, or under none. */
export function postCallback(
  url: string,
  contentType: string | null,
  body: BodyInit,
): Promise<CallbackAnswer> {
  return sendCallback(url, {
    method: 'POST',
    body,
    headers: contentType === null ? {} : { 'content-type': contentType },
  });
}
