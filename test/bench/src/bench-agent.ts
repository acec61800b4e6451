import { signAgentToken } from '@ramal/runtime';
import { sleepUntil } from '@ramal/testkit';
import { openBenchSocket } from './bench-socket.ts';
import { AGENT, type BenchSystem } from './bench-system.ts';

/** An agent that dials and reads as little as it can. */
export interface BenchAgent {
  readonly tenant: string;
  dial(intentId: string, to: string): void;
  /** Frames that were refused so far. */
  refused(): number;
  close(): void;
}

const READY_WITHIN_MS = 30_000;
const HOUR_SEC = 3600;

/** @throws Error when the gateway does not let it in within half a minute */
export async function connectBenchAgent(
  { gatewayUrl, secret }: Pick<BenchSystem, 'gatewayUrl' | 'secret'>,
  tenant: string,
  signal: AbortSignal,
  { agent = AGENT, onFrame }: { agent?: typeof AGENT; onFrame?: (frame: Buffer) => void } = {},
): Promise<BenchAgent> {
  const token = await signAgentToken({ secret, tenant, ...agent, ttlSec: HOUR_SEC });
  const patience = AbortSignal.any([signal, AbortSignal.timeout(READY_WITHIN_MS)]);
  let refused = 0;
  let first: string | undefined;
  const socket = await openBenchSocket(
    gatewayUrl,
    (frame) => {
      if (first === undefined) first = frame.toString('utf8');
      else {
        if (frame.subarray(0, 14).includes('"error"')) refused += 1;
        onFrame?.(frame);
      }
    },
    patience,
  );
  socket.send(JSON.stringify({ op: 'auth', id: 'auth', data: { token } }));
  const answer = await sleepUntil(() => first, { timeoutMs: READY_WITHIN_MS, signal });
  if (answer.includes('"error"')) {
    socket.close();
    throw new Error(`the gateway refused: ${answer}`);
  }
  const heartbeat = setInterval(() => socket.send('{"op":"ping","id":"p","data":{}}'), 25_000);
  return {
    tenant,
    dial: (intentId, to) => socket.send(JSON.stringify({ op: 'dial', id: intentId, data: { intentId, to } })),
    refused: () => refused,
    close() {
      clearInterval(heartbeat);
      socket.close();
    },
  };
}
