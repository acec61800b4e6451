import { findCallbackNetworks, listCallbackCredentials, type Queryable } from '@ramal/store';
import { type Catalog, fill } from '../locale/catalog.ts';

/** A secret or password as it may be shown: never what it is. */
interface ShownCredential {
  user?: string;
  createdAt: Date;
  /** Null: it has no end. */
  endsInSec: number | null;
}

/** What a tenant asks of those who call back, beside the token; null: nothing. */
export interface ShownProtection {
  networks: string[] | null;
  signing: ShownCredential[] | null;
  basic: ShownCredential[] | null;
}

export async function readProtection(store: Queryable, tenant: string): Promise<ShownProtection> {
  const [networks, credentials] = await Promise.all([
    findCallbackNetworks(store, tenant),
    listCallbackCredentials(store, tenant),
  ]);
  const of = (kind: 'signing' | 'basic'): ShownCredential[] | null => {
    const found = credentials.filter((credential) => credential.kind === kind);
    if (found.length === 0) return null;
    return found.map(({ user, createdAt, endsInMs }) => ({
      ...(user === null ? {} : { user }),
      createdAt,
      endsInSec: endsInMs === null ? null : Math.max(0, Math.round(endsInMs / 1000)),
    }));
  };
  return { networks, signing: of('signing'), basic: of('basic') };
}

export function toProtectionLines({ callbacks }: Catalog, tenant: string, shown: ShownProtection): string[] {
  const end = ({ endsInSec }: ShownCredential) => {
    if (endsInSec === null) return callbacks.stateCounts;
    return endsInSec === 0 ? callbacks.stateEnded : fill(callbacks.endsIn, { seconds: String(endsInSec) });
  };
  const lines = (all: readonly ShownCredential[] | null) =>
    all?.map(
      (one) =>
        `    ${one.user === undefined ? '' : `${one.user}: `}${one.createdAt.toISOString()} ${end(one)}`,
    ) ?? [];
  return [
    fill(callbacks.protection, { tenant }),
    `  ${shown.networks === null ? callbacks.networksAny : fill(callbacks.networksOnly, { networks: shown.networks.join(', ') })}`,
    `  ${shown.signing === null ? callbacks.signingNone : callbacks.signingAsked}`,
    ...lines(shown.signing),
    `  ${shown.basic === null ? callbacks.basicNone : callbacks.basicAsked}`,
    ...lines(shown.basic),
  ];
}
