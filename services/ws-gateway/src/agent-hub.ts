import type { AgentFeed } from '@ramal/bus';
import type { AgentIdentity } from '@ramal/contracts';
import type { AgentSession } from './agent-session.ts';
import type { Events } from './events.ts';

/** Who on this gateway is told about an agent: one subscription an agent, however many sockets. */
export interface AgentHub {
  join(session: AgentSession): Promise<void>;
  leave(session: AgentSession): void;
  /** The agent's sessions on this gateway, oldest first. */
  of(identity: AgentIdentity): AgentSession[];
  all(): AgentSession[];
}

export function createAgentHub(feed: AgentFeed, events: Events): AgentHub {
  const agents = new Map<string, { sessions: Set<AgentSession>; subscribed: Promise<void> }>();
  const toKey = ({ tenant, user }: AgentIdentity) => JSON.stringify([tenant, user]);
  const all = () => [...agents.values()].flatMap(({ sessions }) => [...sessions]);
  feed.onRestored(() => {
    for (const session of all()) session.catchUp();
  });
  return {
    all,
    async join(session) {
      const key = toKey(session.identity);
      const { tenant, user } = session.identity;
      const known = agents.get(key);
      const sessions = known?.sessions ?? new Set<AgentSession>();
      const subscribed =
        known?.subscribed ??
        feed.subscribe(tenant, user, (entry) => {
          for (const member of sessions) member.receive(entry);
        });
      agents.set(key, { sessions, subscribed });
      sessions.add(session);
      await subscribed;
    },
    leave(session) {
      const key = toKey(session.identity);
      const agent = agents.get(key);
      if (agent?.sessions.delete(session) !== true || agent.sessions.size > 0) return;
      agents.delete(key);
      const { tenant, user } = session.identity;
      feed.unsubscribe(tenant, user).catch((error: unknown) => events.backgroundFailed('unsubscribe', error));
    },
    of: (identity) => [...(agents.get(toKey(identity))?.sessions ?? [])],
  };
}
