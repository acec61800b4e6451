import { once } from 'node:events';
import { SUBPROTOCOL } from '@ramal/contracts';
import { signAgentToken } from '@ramal/runtime';
import { WebSocket } from 'ws';
import { AGENT, type BenchSystem } from './bench-system.ts';

/** An agent's socket that dials and reads as little as it can: it shares the machine with what is measured. */
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
  const socket = new WebSocket(`${gatewayUrl}/v1/agent`, SUBPROTOCOL, { perMessageDeflate: false });
  socket.on('error', () => undefined);
  const patience = AbortSignal.any([signal, AbortSignal.timeout(READY_WITHIN_MS)]);
  await once(socket, 'open', { signal: patience });
  socket.send(JSON.stringify({ op: 'auth', id: 'auth', data: { token } }));
  const [first] = (await once(socket, 'message', { signal: patience })) as [Buffer];
  if (first.includes('"error"')) throw new Error(`the gateway refused: ${first.toString('utf8')}`);
  let refused = 0;
  socket.on('message', (data: Buffer) => {
    if (data.subarray(0, 14).includes('"error"')) refused += 1;
    onFrame?.(data);
  });
  const heartbeat = setInterval(() => socket.send('{"op":"ping","id":"p","data":{}}'), 25_000);
  socket.on('close', () => clearInterval(heartbeat));
  return {
    tenant,
    dial: (intentId, to) => socket.send(JSON.stringify({ op: 'dial', id: intentId, data: { intentId, to } })),
    refused: () => refused,
    close: () => socket.terminate(),
  };
}
