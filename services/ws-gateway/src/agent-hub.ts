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
  /**
   * Brings every session up to date, few at a time so that Redis is not run down by all at once; those left over
   * when `worthwhile` turns false wait for the next time.
   */
  catchUp(worthwhile?: () => boolean): Promise<void>;
}

const CATCH_UPS_AT_ONCE = 50;

export function createAgentHub(feed: AgentFeed, events: Events): AgentHub {
  const agents = new Map<string, { sessions: Set<AgentSession>; subscribed: Promise<void> }>();
  const toKey = ({ tenant, user }: AgentIdentity) => JSON.stringify([tenant, user]);
  const all = () => [...agents.values()].flatMap(({ sessions }) => [...sessions]);
  return {
    all,
    async catchUp(worthwhile = () => true) {
      const left = all().values();
      const work = async () => {
        for (const session of left) {
          if (!worthwhile()) return;
          await session.catchUp();
        }
      };
      await Promise.all(Array.from({ length: CATCH_UPS_AT_ONCE }, work));
    },
    async join(session) {
      const key = toKey(session.identity);
      const { tenant, user } = session.identity;
      let agent = agents.get(key);
      if (agent === undefined) {
        const sessions = new Set<AgentSession>();
        const subscribed = feed.subscribe(tenant, user, (messages) => {
          for (const member of sessions) member.receive(messages);
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
