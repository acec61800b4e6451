import { CLOSE } from '@ramal/contracts';
import type { AgentHub } from './agent-hub.ts';

const STEPS = 10;

/**
 * Asks every agent to come back elsewhere, spread over `drainMs` so that they don't all come at once. Each is told a moment of
 * its own; who is still there is closed, a tenth at a time, and last of all who logged in meanwhile.
 */
export async function drain(hub: AgentHub, drainMs: number): Promise<void> {
  const sessions = hub.all();
  for (const { socket } of sessions) {
    const reconnectAfterMs = Math.floor(Math.random() * drainMs);
    socket.send(JSON.stringify({ op: 'server.draining', ts: Date.now(), data: { reconnectAfterMs } }));
  }
  const perStep = Math.ceil(sessions.length / STEPS);
  for (let step = 0; sessions.length > 0 && step < STEPS; step++) {
    await new Promise((resolve) => setTimeout(resolve, drainMs / STEPS));
    for (const { socket } of sessions.slice(step * perStep, (step + 1) * perStep)) {
      socket.close(CLOSE.restart.code, CLOSE.restart.reason);
    }
  }
  for (const { socket } of hub.all()) socket.close(CLOSE.restart.code, CLOSE.restart.reason);
}
