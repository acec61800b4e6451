import { RamalError, type TokenAnswer } from '@ramal/client';

const TIMEOUT_MS = 8_000;

/** What the CRM answers: what `POST /v1/sessions` gave it for the signed-in user. */
export interface Session extends Exclude<TokenAnswer, string> {
  gatewayUrl: string;
}

/**
 * Asks the CRM for a session of its signed-in user. The body is JSON: a page of another origin can't send that with the user's
 * cookie.
 * @throws RamalError with the CRM's own code where it refuses; `unavailable` where there is no answer
 */
export async function fetchSession(sessionUrl: string): Promise<Session> {
  const { ok, answer } = await post(sessionUrl);
  if (!ok) {
    const { code = 'internal_error', message = '', retryable = true } = answer.error ?? {};
    throw new RamalError({ code, message, retryable });
  }
  if (typeof answer.token !== 'string' || typeof answer.gatewayUrl !== 'string') {
    throw unavailable(`${sessionUrl} answered without token and gatewayUrl`);
  }
  return answer as Session;
}

interface Answer extends Partial<Session> {
  error?: { code?: string; message?: string; retryable?: boolean };
}

async function post(sessionUrl: string): Promise<{ ok: boolean; answer: Answer }> {
  try {
    const response = await fetch(sessionUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { ok: response.ok, answer: (await response.json()) as Answer };
  } catch (error) {
    throw unavailable(String(error));
  }
}

function unavailable(message: string): RamalError {
  return new RamalError({ code: 'unavailable', message, retryable: true });
}
