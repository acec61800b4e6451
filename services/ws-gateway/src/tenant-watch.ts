import { CLOSE, type CtiStatus } from '@ramal/contracts';
import type { AgentHub } from './agent-hub.ts';
import type { AgentRequests } from './agent-requests.ts';
import type { AgentSession } from './agent-session.ts';
import type { Events } from './events.ts';

const INTERVAL_MS = 500;

/**
 * Makes a change of a tenant felt by those who are connected: a tenant that was switched off loses its sockets
 * (R42), call buttons follow its configuration (R1). What it asks comes from memory, so it may ask often.
 */
export function startTenantWatch(options: {
  hub: AgentHub;
  tenantState: AgentRequests['tenantState'];
  events: Events;
}): { stop(): void } {
  const { hub, tenantState, events } = options;
  let busy = false;

  const check = async (tenant: string, sessions: readonly AgentSession[]) => {
    const { active, cti } = await tenantState(tenant);
    if (!active) {
      for (const { socket } of sessions) socket.close(CLOSE.tenantDisabled.code, CLOSE.tenantDisabled.reason);
      return;
    }
    for (const session of sessions) tell(session, cti);
  };

  const sweep = async () => {
    const byTenant = new Map<string, AgentSession[]>();
    for (const session of hub.all()) {
      const { tenant } = session.identity;
      const others = byTenant.get(tenant);
      if (others === undefined) byTenant.set(tenant, [session]);
      else others.push(session);
    }
    await Promise.all(
      [...byTenant].map(([tenant, sessions]) =>
        // With the directory out of reach everything stays as it is.
        check(tenant, sessions).catch((error: unknown) => events.backgroundFailed('tenant watch', error)),
      ),
    );
  };

  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void sweep().finally(() => {
      busy = false;
    });
  }, INTERVAL_MS);
  return { stop: () => clearInterval(timer) };
}

function tell(session: AgentSession, cti: CtiStatus): void {
  // Not before `ready`, which tells it first.
  if (session.cti === null || (session.cti.enabled === cti.enabled && session.cti.state === cti.state))
    return;
  session.cti = cti;
  session.socket.send(JSON.stringify({ op: 'cti.status', ts: Date.now(), data: cti }));
}
