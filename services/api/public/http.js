/** A refusal of the api or of the gateway, with its stable code. */
export class RequestError extends Error {
  constructor({ code, message, retryable }) {
    super(message);
    this.code = code;
    this.retryable = retryable;
  }
}

const TIMEOUT_MS = 8_000;

/** Asks the api. Throws RequestError, also when there is no answer. */
export async function requestJson(path, { method = 'GET', body, token } = {}) {
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  let response;
  let answer;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    answer = await response.json();
  } catch (error) {
    throw new RequestError({ code: 'unavailable', message: String(error), retryable: true });
  }
  if (!response.ok) {
    throw new RequestError(answer.error ?? { code: 'internal_error', message: '', retryable: true });
  }
  return answer;
}
