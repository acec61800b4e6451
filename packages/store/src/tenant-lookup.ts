import {
  type CtiConfigResult,
  CtiSettingsInvalidError,
  type CtiSettings,
  isInternalRamal,
  parseCtiSettings,
  toCtiConfig,
} from '@ramal/cti';
import { type AgentCredentials, findAgentCredentials, listAgents } from './agents.ts';
import { type Cache, createCache } from './cached.ts';
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
 * What services ask of the tenant directory, from memory: with PostgreSQL up nothing here is older than two
 * seconds (R29), and a tenant's load is shared by all who ask at the same time.
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
const PATIENCE_MS = 500;

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
  const profile = createPatientReader(profiles, now);
  const tenantOfToken = createPatientReader(tokens, now);
  const credentialsOf = createPatientReader(credentials, now);
  return {
    profile,
    async byCallbackToken(token) {
      const tenant = await tenantOfToken(token);
      return tenant === null ? null : profile(tenant);
    },
    credentials: (tenant, user) => credentialsOf(JSON.stringify([tenant, user])),
  };
}

/**
 * Reads through a cache, and falls back on what was last known when the database fails or takes longer than
 * half a second: calls go on while PostgreSQL is down. That something does not exist is not worth remembering:
 * made-up tokens would push out what is.
 */
function createPatientReader<V>(
  cache: Cache<string, V | null>,
  now: () => number,
): (key: string) => Promise<V | null> {
  const lastKnown = new Map<string, V>();
  /** Since when the database owes an answer: patience is lost once, not by everyone who asks. */
  const waitingSince = new Map<string, number>();
  const load = async (key: string): Promise<V | null> => {
    if (!waitingSince.has(key)) waitingSince.set(key, now());
    try {
      const value = await cache.get(key);
      lastKnown.delete(key);
      if (value !== null) lastKnown.set(key, value);
      const oldest = lastKnown.size > MAX_ENTRIES ? lastKnown.keys().next() : null;
      if (oldest !== null && oldest.done !== true) lastKnown.delete(oldest.value);
      return value;
    } finally {
      waitingSince.delete(key);
    }
  };
  return async (key) => {
    const fresh = load(key);
    const known = lastKnown.get(key);
    if (known === undefined) return fresh;
    const patienceMs = PATIENCE_MS - (now() - (waitingSince.get(key) ?? now()));
    let timer: NodeJS.Timeout | undefined;
    const stale = new Promise<V>((resolve) => {
      timer = setTimeout(() => resolve(known), Math.max(0, patienceMs));
    });
    return Promise.race([fresh.catch(() => known), stale]).finally(() => clearTimeout(timer));
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
