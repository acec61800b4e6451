import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { CallbackRequest } from './callback-request.ts';

/**
 * Sends one request on a connection of its own and resolves with the status once the reply is read.
 * Redirects are not followed. Rejects on a network error, after `timeoutMs`, and when `signal` aborts.
 */
export function sendRequest(
  { method, url, contentType, body }: CallbackRequest,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? requestHttps : requestHttp;
    const request = send(url, {
      method,
      agent: false,
      signal,
      headers: {
        'User-Agent': 'ramal-simulator',
        ...(contentType === null ? {} : { 'Content-Type': contentType }),
        ...(method === 'POST' ? { 'Content-Length': Buffer.byteLength(body) } : {}),
      },
    });
    const timer = setTimeout(() => request.destroy(new Error(`no reply in ${timeoutMs} ms`)), timeoutMs);
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    request.on('error', fail);
    request.on('response', (response) => {
      response.on('error', fail);
      response.on('end', () => {
        clearTimeout(timer);
        resolve(response.statusCode ?? 0);
      });
      response.resume();
    });
    request.end(body);
  });
}
