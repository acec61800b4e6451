import { listTenantsWithOwnDatabase, type Store, type Tenants } from '@ramal/store';
import { CommandFailedError, UsageError } from '../usage-error.ts';

/** A database that dead letters lie in. */
export interface LetterPlace {
  /** The tenant whose own database it is (R42); null for the shared one. */
  owner: string | null;
  store: Store;
}

/** Which one is meant: ids are those of a database, so that one of a tenant's own says whose. */
export interface LetterId {
  id: string;
  owner: string | null;
}

const ID = /^([1-9]\d{0,17})(?::(.{1,128}))?$/s;

/** `42`, or `42:acme` for one in the database of acme. @throws UsageError */
export function parseLetterId(text: string): LetterId {
  const [, id, owner] = ID.exec(text) ?? [];
  if (id === undefined) throw new UsageError('a dead letter has an id such as 42 or 42:acme: see the list.');
  return { id, owner: owner ?? null };
}

export function toLetterId({ id, owner }: LetterId): string {
  return owner === null ? id : `${id}:${owner}`;
}

/** The shared database, and those of all tenants that have one of their own, or of one tenant. */
export async function openPlaces(tenants: Tenants, tenant: string | null): Promise<LetterPlace[]> {
  const owners = await listTenantsWithOwnDatabase(tenants.store);
  const wanted = owners.filter((owner) => tenant === null || owner.tenant === tenant);
  const places: LetterPlace[] = [{ owner: null, store: tenants.store }];
  for (const owner of wanted) places.push({ owner: owner.tenant, store: await tenants.stores.of(owner) });
  return places;
}

/** @throws CommandFailedError for a tenant without a database of its own */
export async function openPlace(tenants: Tenants, owner: string | null): Promise<LetterPlace> {
  if (owner === null) return { owner, store: tenants.store };
  const [, own] = await openPlaces(tenants, owner);
  if (own !== undefined) return own;
  throw new CommandFailedError(`ramal: the tenant "${owner}" has no database of its own.`);
}
