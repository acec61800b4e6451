import type { Queryable } from './connect-store.ts';
import { readSecret, type SecretSealer } from './secret-sealer.ts';

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

/** The columns of `agents` that hold secrets; `agente` is a name. */
export type AgentSecretColumn = 'senha' | 'token';

/** What a user's secret is sealed for: one user's is of no use to another. */
export function toAgentField(column: AgentSecretColumn, user: string): string {
  return `agents.${column} of user ${user}`;
}

/**
 * The CTI credentials of an active user, or null. What the CRM wrote in plain is sealed in place at first sight, unless it
 * was changed meanwhile. Without a sealer (no master key) plain values are used as they are.
 * Secret: never to be logged or sent anywhere but to the CTI.
 * @throws SealedSecretError when one is sealed and does not open
 */
export async function findAgentCredentials(
  store: Queryable,
  sealer: SecretSealer | null,
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
  const [stored] = rows;
  if (stored === undefined) return null;
  const read = (column: AgentSecretColumn) =>
    readAgentSecret(store, sealer, { tenant, user, column, stored: stored[column] });
  // One after the other: a lookup never needs two connections of the pool at once.
  return { ...stored, senha: await read('senha'), token: await read('token') };
}

async function readAgentSecret(
  store: Queryable,
  sealer: SecretSealer | null,
  cell: { tenant: string; user: string; column: AgentSecretColumn; stored: string | null },
): Promise<string | null> {
  const { tenant, user, column, stored } = cell;
  if (stored === null) return null;
  return readSecret(sealer, {
    tenant,
    field: toAgentField(column, user),
    stored,
    async replace(sealed) {
      await store.query(
        `update agents set ${column} = $1 where tenant = $2 and user_name = $3 and ${column} = $4`,
        [sealed, tenant, user, stored],
      );
    },
  });
}
