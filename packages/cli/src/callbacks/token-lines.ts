import type { CallbackTokenEntry } from '@ramal/store';
import { toTextTable } from '../convert/text-table.ts';
import type { Catalog } from '../locale/catalog.ts';

const toTime = (date: Date | null) => (date === null ? '-' : date.toISOString().slice(0, 19).concat('Z'));

/** What a token shows of itself; `counts` is by the database's clock. */
export function toTokenJson({
  tokenId,
  name,
  createdAt,
  endsAt,
  revokedAt,
  lastUsedAt,
  counts,
}: CallbackTokenEntry) {
  return { tokenId, name, createdAt, endsAt, revokedAt, lastUsedAt, counts };
}

export function toTokenLines({ callbacks }: Catalog, tokens: readonly CallbackTokenEntry[]): string[] {
  if (tokens.length === 0) return [callbacks.noTokens];
  const state = ({ counts, revokedAt, endsAt }: CallbackTokenEntry): string => {
    if (revokedAt !== null) return callbacks.stateRevoked;
    if (!counts) return callbacks.stateEnded;
    return endsAt === null ? callbacks.stateCounts : callbacks.stateEnding;
  };
  const { columnId, columnName, columnCreated, columnUsed, columnEnds, columnState } = callbacks;
  return toTextTable([
    [columnId, columnName, columnCreated, columnUsed, columnEnds, columnState],
    ...tokens.map((token) => [
      token.tokenId,
      token.name ?? '-',
      toTime(token.createdAt),
      toTime(token.lastUsedAt),
      toTime(token.revokedAt ?? token.endsAt),
      state(token),
    ]),
  ]);
}
