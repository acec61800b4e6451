import { type Presence, PRESENCE_LEASE_MS } from '@ramal/bus';
import type { AgentHub } from './agent-hub.ts';
import { toSocketName } from './connection.ts';
import type { Events } from './events.ts';

/** Keeps the leases of this gateway's sockets alive, well before they run out. */
export function startPresenceRenewal(hub: AgentHub, presence: Presence, events: Events): { stop(): void } {
  const timer = setInterval(() => {
    const renewals = hub
      .all()
      .map(({ identity: { tenant, user }, socket }) => presence.renew(tenant, user, toSocketName(socket)));
    Promise.all(renewals).catch((error: unknown) => events.backgroundFailed('presence', error));
  }, PRESENCE_LEASE_MS / 3);
  return { stop: () => clearInterval(timer) };
}
