import type { HttpLoad } from '../load/http-load.ts';
import type { CrowdAgent } from './agents.ts';

export interface PlayedCalls {
  answered: number;
  /** Not answered with 2xx. */
  refused: number;
}

const STEPS = ['incoming', 'answered', 'ended'] as const;
let lastCaller = 0;

/** A caller that no call before it had. */
export function nextCaller(): string {
  lastCaller += 1;
  return `473${String(1_000_000 + (lastCaller % 9_000_000)).padStart(7, '0')}`;
}

/** The path of a callback about a call of an agent's extension. */
export function toCallbackPath(token: string, step: string, caller: string, ramal: string): string {
  const id = `&id=bench-${caller}`;
  return `/v1/cti/${token}/${step}?origem=${caller}&destino=${ramal}${id}`;
}

/** As many PBX lines as connections, each with one call after the other: it rings, is answered, and ends. */
export async function playCalls(options: {
  load: HttpLoad;
  agents: readonly CrowdAgent[];
  tokenOf(tenant: string): string;
  connections: number;
  seconds: number;
  signal: AbortSignal;
}): Promise<PlayedCalls> {
  const { load, agents, tokenOf, connections, seconds, signal } = options;
  const played = { answered: 0, refused: 0 };
  const untilMs = performance.now() + seconds * 1000;
  let next = 0;
  const line = async () => {
    while (performance.now() < untilMs) {
      signal.throwIfAborted();
      next = (next + 1) % agents.length;
      const agent = agents[next];
      if (agent === undefined) return;
      const caller = nextCaller();
      for (const step of STEPS) {
        const status = await load.get(toCallbackPath(tokenOf(agent.tenant), step, caller, agent.ramal));
        played.answered += 1;
        if (status < 200 || status > 299) played.refused += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: connections }, line));
  return played;
}
