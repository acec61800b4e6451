import { ramal } from '@ramal/contracts';
import {
  type CtiConfigResult,
  CtiSettingsInvalidError,
  type CtiSettings,
  type DialPolicy,
  isInternalRamal,
  normalizeNumber,
  type NumberingSettings,
  type Retention,
  parseCtiSettings,
  toCtiConfig,
  toCtiLimits,
  toDialPolicy,
  toMaxCallMs,
  toNumberingSettings,
  toRetention,
  toRingGroups,
} from '@ramal/cti';
import { type Agent, type AgentCredentials, findAgentCredentials, listAgents } from './agents.ts';
import { createCache } from './cached.ts';
import { createCallbackTokenIndex } from './callback-token-index.ts';
import type { Store } from './connect-store.ts';
import { type CtiRows, readCtiRows } from './cti-rows.ts';
import { readCompanySecret } from './company-secrets.ts';
import { createPatientReader } from './patient-reader.ts';
import { SealedSecretError } from './sealed-secret-error.ts';
import type { SecretSealer } from './secret-sealer.ts';
import { findTenant, type Tenant } from './tenant-directory.ts';
import type { TenantStores } from './tenant-stores.ts';

/** A tenant with its configuration, as every service needs it at once. */
export interface TenantProfile {
  tenant: Tenant;
  cti: CtiConfigResult;
  /** Digits up to which a number counts as an extension (R33). */
  ramalMaxDigits: number;
  /** How the tenant's numbers are read, whatever the state of its CTI (R34). */
  numbering: NumberingSettings;
  /** For how long after the last word on it a call stays open, in ms. */
  maxCallMs: number;
  /** How long the tenant's calls are kept, over the installation's defaults; null while nobody can tell: then for ever. */
  retention: ((defaults: Retention) => Retention) | null;
  /** What agents may dial, and how often, whatever the state of the CTI (threat 1). */
  policy: DialPolicy;
  /** What the CTI is asked to bear. */
  ctiLimits: ReturnType<typeof toCtiLimits>;
  /** The extensions that ring together with each one. */
  ringGroups: ReadonlyMap<string, readonly string[]>;
  /** Registered, active users by extension. */
  userByRamal: ReadonlyMap<string, string>;
  /** Active users, with their extension where they have one. */
  ramalByUser: ReadonlyMap<string, string | null>;
  /** Users who are switched off (`agents.active`); who is in no row at all is not among them. */
  inactiveUsers?: ReadonlySet<string>;
  /** The tenant's own database is out of reach and was never read: callbacks are read by the usual names (R30). */
  provisional?: true;
}

/**
 * What services ask of the tenant directory, from memory (R29): a change is heard of at once, and a tenant's load
 * is shared by all who ask at the same time.
 */
export interface TenantLookup {
  /** The directory's entry alone, which is there also while the tenant's own database is not. */
  tenant(tenant: string): Promise<Tenant | null>;
  /** Null for a tenant that doesn't exist. */
  profile(tenant: string): Promise<TenantProfile | null>;
  /** What is in memory of it and young enough, without asking anybody; null where nothing is. */
  known(tenant: string): TenantProfile | null;
  /**
   * The tenant a callback token belongs to, or null.
   * @param mayAsk may the database be asked about a token that is not known? See `CallbackTokenIndex.find`
   */
  byCallbackToken(token: string, mayAsk?: () => boolean): Promise<TenantProfile | null>;
  /** Secret; never cached longer than the rest. */
  credentials(tenant: string, user: string): Promise<AgentCredentials | null>;
  /** Forgets what is known of a tenant, or of all: something about it has changed. */
  forget(tenant: string | null): void;
}

export interface TenantLookupOptions {
  /** The directory. */
  store: Store;
  stores: TenantStores;
  sealer: SecretSealer | null;
  /** True while `forget` is called for each change in the directory. */
  noticed?: () => boolean;
  /** Hears of each use of a token that counts, by its hash. */
  onTokenUsed?: (hash: Buffer) => void;
  /** A clock that only goes forward, ms. */
  now?: () => number;
}

/**
 * The age of what nobody would tell a change of: without notices, and for databases of a tenant's own. A profile is
 * made of what is itself remembered, so the two ages together stay below two seconds.
 */
const UNNOTICED_MAX_AGE_MS = 900;
/**
 * In case a notice was lost on a connection that works, which has no reason to happen. Each company that is used costs five
 * queries of each process at this age, and each agent who dials two, so thousands of them are not to be asked for often.
 */
const NOTICED_MAX_AGE_MS = 5 * 60_000;
export const MAX_ENTRIES = 10_000;
/** The same for all callback tokens, which are read by one query. */
const TOKENS_MAX_AGE_MS = 30_000;

/** @param noticed is every change heard of? */
export function toMaxAgeMs(noticed: boolean): number {
  return noticed ? NOTICED_MAX_AGE_MS : UNNOTICED_MAX_AGE_MS;
}

export function createTenantLookup(options: TenantLookupOptions): TenantLookup {
  const { store, stores, sealer, noticed = () => false, now = () => performance.now() } = options;
  const { onTokenUsed = () => undefined } = options;
  const maxAgeMs = () => toMaxAgeMs(noticed());
  const shared = { maxAgeMs, maxEntries: MAX_ENTRIES, now, leastShare: 0.5 };
  const tenants = createCache({ ...shared, load: (tenant: string) => findTenant(store, tenant) });
  const inShared = createCache({
    ...shared,
    load: async (name: string) => toProfile(await tenants.get(name), store, store),
  });
  const inOwn = createCache({
    ...shared,
    maxAgeMs: UNNOTICED_MAX_AGE_MS,
    load: async (name: string) => {
      const tenant = await tenants.get(name);
      return tenant === null ? null : toProfile(tenant, store, await stores.of(tenant));
    },
  });
  const tokens = createCallbackTokenIndex({
    store,
    now,
    maxEntries: MAX_ENTRIES,
    maxAgeMs: () => (noticed() ? TOKENS_MAX_AGE_MS : UNNOTICED_MAX_AGE_MS),
  });
  const credentials = createCache({
    ...shared,
    load: (key: string) => {
      const [tenant, user] = JSON.parse(key) as [string, string];
      return loadCredentials(store, sealer, { tenant, user, company: () => tenants.get(tenant) });
    },
  });
  const provisional = createCache({
    ...shared,
    load: async (name: string): Promise<TenantProfile | null> => {
      const tenant = await tenants.get(name);
      return tenant === null ? null : toProvisionalProfile(tenant, store);
    },
  });
  const knownTenant = createPatientReader(tenants, now);
  const sharedProfile = createPatientReader(inShared, now);
  const ownProfile = createPatientReader(inOwn, now);
  const profile = async (name: string) =>
    (await knownTenant(name))?.database == null ? sharedProfile(name) : ownProfile(name);
  const credentialsOf = createPatientReader(credentials, now, (error) => error instanceof SealedSecretError);
  return {
    tenant: knownTenant,
    profile,
    known: (name) => (inOwn.peek(name) ?? inShared.peek(name))?.value ?? null,
    async byCallbackToken(token, mayAsk = () => true) {
      const owner = await tokens.find(token, mayAsk);
      if (owner === null) return null;
      const { tenant, hash } = owner;
      onTokenUsed(hash);
      // A callback is worth more than the names it is read by: those a dead database would tell are guessed.
      return profile(tenant).catch(() => provisional.get(tenant));
    },
    credentials: (tenant, user) => credentialsOf(JSON.stringify([tenant, user])),
    forget(tenant) {
      const fits = (key: string) => tenant === null || key === tenant;
      for (const cache of [tenants, inShared, inOwn, provisional]) cache.deleteWhere(fits);
      credentials.deleteWhere((key) => tenant === null || key.startsWith(`[${JSON.stringify(tenant)},`));
      // A notice does not say whose token has changed.
      tokens.forget();
    },
  };
}

/** Is this number one of the tenant's own extensions (R33)? */
export function isInternalNumber(profile: TenantProfile, number: string): boolean {
  return isInternalRamal(number, {
    registered: profile.userByRamal.has(number),
    ramalMaxDigits: profile.ramalMaxDigits,
  });
}

/**
 * The extension of an active user, from memory; null without one, or with one no telephone could have; undefined for
 * who is no active user.
 */
export async function findRamal(
  lookup: Pick<TenantLookup, 'profile'>,
  tenant: string,
  user: string,
): Promise<string | null | undefined> {
  const found = (await lookup.profile(tenant))?.ramalByUser.get(user);
  if (found == null) return found;
  const extension = ramal.safeParse(found);
  return extension.success ? extension.data : null;
}

/**
 * For how long after the last word on it a tenant's call stays open, in ms; the default for a tenant that is gone.
 * Rejects while the tenant's settings are out of reach and were never read.
 */
export async function findMaxCallMs(lookup: TenantLookup, tenant: string): Promise<number> {
  return (await lookup.profile(tenant))?.maxCallMs ?? toMaxCallMs({});
}

/** The same at once, from memory alone; null where that has nothing of the tenant. */
export function knownMaxCallMs(lookup: Pick<TenantLookup, 'known'>): (tenant: string) => number | null {
  return (tenant) => lookup.known(tenant)?.maxCallMs ?? null;
}

/** An external number in E.164; undefined where the tenant did not opt in, or the number has none (R34). */
export function toExternalE164(profile: TenantProfile, number: string): string | undefined {
  if (!profile.numbering.normalize || isInternalNumber(profile, number)) return undefined;
  return normalizeNumber(number, profile.numbering, false).e164 ?? undefined;
}

/** The company's password stands in where the user has none (R42). */
async function loadCredentials(
  store: Store,
  sealer: SecretSealer | null,
  { tenant, user, company: find }: { tenant: string; user: string; company: () => Promise<Tenant | null> },
): Promise<AgentCredentials | null> {
  const credentials = await findAgentCredentials(store, sealer, tenant, user);
  if (credentials === null || credentials.senha !== null) return credentials;
  const company = await find();
  const senha = company === null ? null : await readCompanySecret(store, sealer, company, 'senha_padrao');
  return { ...credentials, senha };
}

/** @param store holds the configuration; users and extensions are the directory's */
async function toProfile(
  tenant: Tenant | null,
  directory: Store,
  store: Store,
): Promise<TenantProfile | null> {
  if (tenant === null) return null;
  const [rows, agents] = await Promise.all([
    readCtiRows(store, tenant.empresaId),
    listAgents(directory, tenant.tenant),
  ]);
  return buildProfile(tenant, agents, rows);
}

async function toProvisionalProfile(tenant: Tenant, directory: Store): Promise<TenantProfile> {
  const agents = await listAgents(directory, tenant.tenant);
  const nothing = { configuracaoCti: null, empresas: null, settings: null };
  return { ...buildProfile(tenant, agents, nothing), provisional: true };
}

function buildProfile(tenant: Tenant, agents: readonly Agent[], rows: CtiRows): TenantProfile {
  const { settings, problem } = toSettings(rows.settings);
  const numbering = toNumberingSettings(settings);
  const cti = toCtiConfig({ configuracaoCti: rows.configuracaoCti, empresas: rows.empresas, settings });
  const userByRamal = new Map(
    agents.flatMap(({ ramal, user, active }) => (active && ramal !== null ? [[ramal, user] as const] : [])),
  );
  const ramalByUser = new Map(agents.flatMap(({ ramal, user, active }) => (active ? [[user, ramal]] : [])));
  return {
    tenant,
    cti: problem && cti.status === 'ok' ? { status: 'invalid', problems: [], callback: cti.callback } : cti,
    ramalMaxDigits: numbering.ramalMaxDigits,
    numbering,
    maxCallMs: toMaxCallMs(settings),
    // Settings that can't be read remove nothing.
    retention: problem ? null : (defaults) => toRetention(settings, defaults),
    policy: toDialPolicy(settings),
    ctiLimits: toCtiLimits(settings),
    ringGroups: toRingGroups(settings),
    userByRamal,
    ramalByUser,
    inactiveUsers: new Set(agents.flatMap(({ user, active }) => (active ? [] : [user]))),
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
