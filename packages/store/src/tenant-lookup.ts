import {
  type CtiConfigResult,
  CtiSettingsInvalidError,
  type CtiSettings,
  isInternalRamal,
  parseCtiSettings,
  toCtiConfig,
} from '@ramal/cti';
import { type AgentCredentials, findAgentCredentials, listAgents } from './agents.ts';
import { createCache } from './cached.ts';
import type { Store } from './connect-store.ts';
import { readCtiRows } from './cti-rows.ts';
import { hashSecret } from './hash-secret.ts';
import { findTenant, findTenantByCallbackToken, type Tenant } from './tenant-directory.ts';

/** A tenant with its configuration, as every service needs it at once. */
export interface TenantProfile {
  tenant: Tenant;
  cti: CtiConfigResult;
  /** Digits up to which a number counts as an extension (R33). */
  ramalMaxDigits: number;
  /** Registered, active users by extension. */
  userByRamal: ReadonlyMap<string, string>;
}

/**
 * What services ask of the tenant directory, from memory: nothing here is older than two seconds (R29), and
 * a tenant's load is shared by all who ask at the same time.
 */
export interface TenantLookup {
  /** Null for a tenant that doesn't exist. */
  profile(tenant: string): Promise<TenantProfile | null>;
  /** The tenant a callback token belongs to, or null. */
  byCallbackToken(token: string): Promise<TenantProfile | null>;
  /** Secret; never cached longer than the rest. */
  credentials(tenant: string, user: string): Promise<AgentCredentials | null>;
}

const MAX_AGE_MS = 2_000;
const MAX_ENTRIES = 10_000;

export function createTenantLookup(store: Store, now: () => number = () => performance.now()): TenantLookup {
  const shared = { maxAgeMs: MAX_AGE_MS, maxEntries: MAX_ENTRIES, now };
  const profiles = createCache({ ...shared, load: (tenant: string) => loadProfile(store, tenant) });
  const tokens = createCache({
    ...shared,
    load: async (token: string) =>
      (await findTenantByCallbackToken(store, hashSecret(token)))?.tenant ?? null,
  });
  const credentials = createCache({
    ...shared,
    load: (key: string) => {
      const [tenant, user] = JSON.parse(key) as [string, string];
      return findAgentCredentials(store, tenant, user);
    },
  });
  return {
    profile: (tenant) => profiles.get(tenant),
    async byCallbackToken(token) {
      const tenant = await tokens.get(token);
      return tenant === null ? null : profiles.get(tenant);
    },
    credentials: (tenant, user) => credentials.get(JSON.stringify([tenant, user])),
  };
}

/** Is this number one of the tenant's own extensions (R33)? */
export function isInternalNumber(profile: TenantProfile, number: string): boolean {
  return isInternalRamal(number, {
    registered: profile.userByRamal.has(number),
    ramalMaxDigits: profile.ramalMaxDigits,
  });
}

const DEFAULT_RAMAL_MAX_DIGITS = 5;

async function loadProfile(store: Store, name: string): Promise<TenantProfile | null> {
  const tenant = await findTenant(store, name);
  if (tenant === null) return null;
  const [rows, agents] = await Promise.all([readCtiRows(store, tenant.empresaId), listAgents(store, name)]);
  const { settings, problem } = toSettings(rows.settings);
  const cti = toCtiConfig({ configuracaoCti: rows.configuracaoCti, empresas: rows.empresas, settings });
  const userByRamal = new Map(
    agents.flatMap(({ ramal, user, active }) => (active && ramal !== null ? [[ramal, user] as const] : [])),
  );
  return {
    tenant,
    cti: problem && cti.status === 'ok' ? { status: 'invalid', problems: [], callback: cti.callback } : cti,
    ramalMaxDigits: settings.ramalMaxDigits ?? DEFAULT_RAMAL_MAX_DIGITS,
    userByRamal,
  };
}

/** Settings that don't parse stop dials, not callbacks: those are read with the defaults. */
function toSettings(stored: unknown): { settings: CtiSettings; problem: boolean } {
  try {
    return { settings: parseCtiSettings(stored), problem: false };
  } catch (error) {
    if (error instanceof CtiSettingsInvalidError) return { settings: {}, problem: true };
    throw error;
  }
}
