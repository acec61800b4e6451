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
      let agent = agents.get(key);
      if (agent === undefined) {
        const sessions = new Set<AgentSession>();
        const subscribed = feed.subscribe(tenant, user, (entry) => {
          for (const member of sessions) member.receive(entry);
        });
        agent = { sessions, subscribed };
        agents.set(key, agent);
      }
      agent.sessions.add(session);
      try {
        await agent.subscribed;
      } catch (error) {
        // Those who wait for it fail too and come back; who comes now must not inherit the failure.
        if (agents.get(key) === agent) agents.delete(key);
        throw error;
      }
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
