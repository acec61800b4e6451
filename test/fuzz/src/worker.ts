import type { FuzzFaults, Reproduction } from './fuzz-faults.ts';
import { type HttpHost, toRequestBytes } from './http-input.ts';
import { createHttpLane, type HttpLane } from './http-lane.ts';
import { type Doubt, judgeHttp, judgeSocket } from './judge.ts';
import type { Input } from './make-input.ts';
import { createSocketLane, type SocketLane } from './socket-lane.ts';

/** Nothing that works takes longer. */
const SILENT_AFTER_MS = 30_000;
/** What uWebSockets takes for the beginning of a request it waits for in peace; long enough for an answer. */
const GATEWAY_WAIT_MS = 1_000;
const GOOD_REQUEST = Buffer.from('GET /nothing HTTP/1.1\r\nHost: fuzz.example\r\n\r\n');

/** Connections to every service, on which one input is under way at a time. */
export interface Worker {
  readonly webhook: HttpLane;
  readonly socket: SocketLane;
  /** Sends an input and notes what is wrong with what comes back, but for what may be the machine's doing. */
  run(input: Input, of: Reproduction, faults: FuzzFaults): Promise<Doubt | null>;
  /** The number of the input that is under way. */
  current(): number | null;
  close(): void;
}

export function createWorker(options: { urls: Record<HttpHost, string>; token: string }): Worker {
  const { urls, token } = options;
  const lanes: Record<HttpHost, HttpLane> = {
    webhook: createHttpLane(urls.webhook, SILENT_AFTER_MS),
    api: createHttpLane(urls.api, SILENT_AFTER_MS),
    gateway: createHttpLane(urls.gateway.replace(/^ws/, 'http'), GATEWAY_WAIT_MS),
  };
  const goodGateway = createHttpLane(urls.gateway.replace(/^ws/, 'http'), SILENT_AFTER_MS);
  const socket = createSocketLane({ gatewayUrl: urls.gateway, token, timeoutMs: SILENT_AFTER_MS });
  let current: number | null = null;
  return {
    webhook: lanes.webhook,
    socket,
    async run(input, of, faults) {
      current = of.index;
      try {
        if ('kind' in input) return judgeSocket(input, await socket.exchange(input), of, faults);
        const exchange = await lanes[input.host].exchange(toRequestBytes(input), input.method);
        if (input.host !== 'gateway' || exchange.outcome !== 'silent') {
          return judgeHttp(input, exchange, of, faults);
        }
        // Whether it hurt anybody another one's request tells.
        return judgeHttp(input, await goodGateway.exchange(GOOD_REQUEST, 'GET'), of, faults);
      } catch (error) {
        // Somebody who behaves was turned away.
        faults.note('sentinelsLost', of, String(error));
        return null;
      } finally {
        current = null;
      }
    },
    current: () => current,
    close() {
      for (const lane of [...Object.values(lanes), goodGateway]) lane.close();
      socket.close();
    },
  };
}
