import { CLOSE, type CtiStatus } from '@ramal/contracts';
import type { AgentHub } from './agent-hub.ts';
import type { AgentRequests } from './agent-requests.ts';
import type { AgentSession } from './agent-session.ts';
import type { Events } from './events.ts';
import type { RedisLink } from './redis-link.ts';

const INTERVAL_MS = 500;
const UNAVAILABLE: CtiStatus = { enabled: false, state: 'unavailable' };

/** What a session is told of its tenant's CTI: nothing works for anybody while the gateway is cut off. */
export function toTold(cti: CtiStatus, link: Pick<RedisLink, 'cutOff'>): CtiStatus {
  return link.cutOff() ? UNAVAILABLE : cti;
}

/**
 * Makes a change of a tenant felt by those who are connected: a tenant that was switched off loses its sockets
 * (R42), a user who was (`agents.active`) theirs, however they were let in; call buttons follow its configuration (R1), and the gateway's own loss of Redis. What it asks comes from
 * memory, so it may ask often.
 */
export function startTenantWatch(options: {
  hub: AgentHub;
  tenantState: AgentRequests['tenantState'];
  link: RedisLink;
  events: Events;
}): { stop(): void } {
  const { hub, tenantState, link, events } = options;
  let running = false;
  let again = false;

  const check = async (tenant: string, sessions: readonly AgentSession[]) => {
    const { active, cti, inactiveUsers } = await tenantState(tenant);
    if (!active) {
      for (const { socket } of sessions) socket.close(CLOSE.tenantDisabled.code, CLOSE.tenantDisabled.reason);
      return;
    }
    let switchedOff = 0;
    for (const session of sessions) {
      if (inactiveUsers?.has(session.identity.user) === true) {
        switchedOff += 1;
        session.socket.close(CLOSE.authFailed.code, CLOSE.authFailed.reason);
      } else tell(session, toTold(cti, link));
    }
    if (switchedOff > 0) events.accessRevoked(switchedOff);
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

  const run = () => {
    again = running;
    if (running) return;
    running = true;
    void sweep().finally(() => {
      running = false;
      if (again) run();
    });
  };

  link.onChange(() => {
    // That needs no directory, which may be away as well.
    if (link.cutOff()) for (const session of hub.all()) tell(session, UNAVAILABLE);
    else run();
  });
  const timer = setInterval(run, INTERVAL_MS);
  return { stop: () => clearInterval(timer) };
}

function tell(session: AgentSession, cti: CtiStatus): void {
  // Not before `ready`, which tells it first.
  if (session.cti === null || (session.cti.enabled === cti.enabled && session.cti.state === cti.state))
    return;
  session.cti = cti;
  session.socket.send(JSON.stringify({ op: 'cti.status', ts: Date.now(), data: cti }));
}
