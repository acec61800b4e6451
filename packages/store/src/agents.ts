import type { Queryable } from './connect-store.ts';

/** A CRM user as others may see one. */
export interface Agent {
  user: string;
  displayName: string | null;
  ramal: string | null;
  active: boolean;
}

/** What a user brings to the CTI (R31); null where it is missing or empty. */
export interface AgentCredentials {
  ramal: string | null;
  agente: string | null;
  senha: string | null;
  token: string | null;
}

const AGENT_COLUMNS = `user_name as "user", display_name as "displayName", nullif(ramal, '') as ramal, active`;

/** All users of a tenant, inactive ones too, by name. */
export async function listAgents(store: Queryable, tenant: string): Promise<Agent[]> {
  const { rows } = await store.query<Agent>(
    `select ${AGENT_COLUMNS} from agents where tenant = $1 order by user_name`,
    [tenant],
  );
  return rows;
}

/** One user, or null. */
export async function findAgent(store: Queryable, tenant: string, user: string): Promise<Agent | null> {
  const { rows } = await store.query<Agent>(
    `select ${AGENT_COLUMNS} from agents where tenant = $1 and user_name = $2`,
    [tenant, user],
  );
  return rows[0] ?? null;
}

/**
 * The CTI credentials of an active user, or null.
 * Secret: never to be logged or sent anywhere but to the CTI.
 */
export async function findAgentCredentials(
  store: Queryable,
  tenant: string,
  user: string,
): Promise<AgentCredentials | null> {
  const { rows } = await store.query<AgentCredentials>(
    `select nullif(a.ramal, '') as ramal,
            nullif(a.agente, '') as agente,
            nullif(a.senha, '') as senha,
            nullif(a.token, '') as token
       from agents a
      where a.tenant = $1 and a.user_name = $2 and a.active`,
    [tenant, user],
  );
  return rows[0] ?? null;
}
