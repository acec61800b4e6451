import { CLOSE } from '@ramal/contracts';
import type { AgentAccess } from '@ramal/runtime';
import type { AgentHub } from './agent-hub.ts';
import type { Events } from './events.ts';

/**
 * Closes the sockets of agents whose access does not stand any more (threat 7). Asks memory alone, so it may be called for
 * every change.
 */
export function createAccessSweep(options: {
  hub: AgentHub;
  access: Pick<AgentAccess, 'stands'>;
  events: Events;
}): () => void {
  const { hub, access, events } = options;
  return () => {
    const ended = hub.all().filter(({ agent }) => agent !== null && !access.stands(agent));
    for (const { socket } of ended) socket.close(CLOSE.authFailed.code, CLOSE.authFailed.reason);
    if (ended.length > 0) events.accessRevoked(ended.length);
  };
}
