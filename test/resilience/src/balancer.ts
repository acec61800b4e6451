import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What stands in front of several webhooks: one address that answers as long as one of them does. */
export interface Balancer {
  readonly url: string;
  stop(): Promise<void>;
}

const ANSWER_WITHIN_MS = 10_000;

/** Asks the processes in turn, and the next one where one does not answer or says 503, as proxies are set up to do. */
export async function startBalancer(urls: readonly string[]): Promise<Balancer> {
  let turn = 0;
  const forward = async (request: IncomingMessage): Promise<{ status: number; text: string }> => {
    const body = await readBody(request);
    const { 'content-type': type } = request.headers;
    turn += 1;
    for (let i = 0; i < urls.length; i++) {
      const answer = await fetch(`${urls[(turn + i) % urls.length] ?? ''}${request.url ?? ''}`, {
        method: request.method ?? 'GET',
        ...(type === undefined ? {} : { headers: { 'content-type': type } }),
        ...(body === '' ? {} : { body }),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      }).catch(() => undefined);
      if (answer === undefined || answer.status === 503) {
        await answer?.arrayBuffer();
        continue;
      }
      return { status: answer.status, text: await answer.text() };
    }
    return { status: 503, text: 'no process answers' };
  };
  const server = createServer((request, response) => {
    forward(request)
      .catch((error: unknown) => ({ status: 502, text: String(error) }))
      .then(({ status, text }) => response.writeHead(status).end(text))
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  request.setEncoding('utf8');
  for await (const chunk of request) body += String(chunk);
  return body;
}
