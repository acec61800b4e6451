import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Queryable, Store } from './connect-store.ts';

/** What the chain's hashes are made with. */
export interface ChainKey {
  /** '' for none: a plain SHA-256, which whoever can write to the database can make anew. */
  id: string;
  key: Buffer | null;
}

/** Where the chain ends; noted elsewhere, it shows later that nothing was cut off the end. */
export interface ChainHead {
  seq: number;
  /** Hex. */
  hash: string;
}

export interface ChainReport {
  /** Entries whose place in the chain was checked and is right. */
  intact: number;
  /** Entries too new to have a place yet. */
  unsealed: number;
  /** Entries sealed under a key that was not given: their hashes can't be made. */
  unknownKey: number;
  /** Of the intact ones, those sealed without a key: they tell nothing against who can write to the database. */
  unkeyed: number;
  /** Null while nothing is sealed. */
  head: ChainHead | null;
  /** What is wrong, at most 100 of it, the oldest first. */
  broken: { seq: number; auditId: string; why: 'removed' | 'changed' | 'gap' | 'head' }[];
}

/** The keys of a chain, derived from master keys, the newest first: it seals, all of them verify. */
export function toChainKeys(masterKeys: readonly Buffer[]): ChainKey[] {
  const keyed = masterKeys.map((masterKey): ChainKey => {
    const key = Buffer.from(hkdfSync('sha256', masterKey, '', 'ramal audit chain v1', 32));
    return { id: createHash('sha256').update(key).digest('hex').slice(0, 8), key };
  });
  return [...keyed, { id: '', key: null }];
}

const LOCK = `hashtextextended('ramal_audit_seals', 0)`;
const MOST_BROKEN = 100;
const PAGE = 1_000;
/** How far behind the newest sealed entry one may come to light that a long transaction held back. */
const LATE_IDS = 100_000;

/** An entry by its content, the same text wherever it is read. */
const CONTENT = `jsonb_build_array(l.id, to_char(l.at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US'), l.tenant, l.actor,
       l.action, l.subject, l.detail)::text`;

/**
 * Gives the entries that have none their place in the chain, at most `limit` of them; of many processes that try it at
 * once one does it. Returns how many it were.
 */
export function sealAudit(store: Store, keys: readonly ChainKey[], limit = 500): Promise<number> {
  const [newest = { id: '', key: null }] = keys;
  return store.withTransaction(async (transaction) => {
    const lock = await transaction.query<{ mine: boolean }>(
      `select pg_try_advisory_xact_lock(${LOCK}) as mine`,
    );
    if (lock.rows[0]?.mine !== true) return 0;
    const last = await transaction.query<{ seq: string; hash: Buffer }>(
      'select seq, hash from audit_seals order by seq desc limit 1',
    );
    const { rows } = await transaction.query<{ id: string; content: string }>(
      `select l.id, ${CONTENT} as content
         from audit_log l
        where l.id > (select coalesce(max(audit_id), 0) - ${LATE_IDS} from audit_seals)
          and not exists (select from audit_seals s where s.audit_id = l.id)
        order by l.id
        limit $1`,
      [limit],
    );
    let hash = last.rows[0]?.hash ?? null;
    let seq = Number(last.rows[0]?.seq ?? 0);
    const seals = rows.map(({ id, content }) => {
      hash = toHash(newest, hash, content);
      seq += 1;
      return { seq, audit_id: id, hash: `\\x${hash.toString('hex')}` };
    });
    if (seals.length === 0) return 0;
    await transaction.query(
      `insert into audit_seals (seq, audit_id, key_id, hash)
       select seq, audit_id, $2, hash from jsonb_to_recordset($1::jsonb) as t(seq bigint, audit_id bigint, hash bytea)`,
      [JSON.stringify(seals), newest.id],
    );
    return seals.length;
  });
}

/**
 * Goes through the whole chain: that no entry in it was removed or changed, and with `expected`, a head noted earlier,
 * that nothing was cut off its end or made anew.
 */
export async function verifyAudit(
  store: Queryable,
  keys: readonly ChainKey[],
  expected: ChainHead | null = null,
): Promise<ChainReport> {
  const report: ChainReport = { intact: 0, unsealed: 0, unknownKey: 0, unkeyed: 0, head: null, broken: [] };
  const keyOf = new Map(keys.map((key) => [key.id, key]));
  const tell = (seq: number, auditId: string, why: ChainReport['broken'][number]['why']) => {
    if (report.broken.length < MOST_BROKEN) report.broken.push({ seq, auditId, why });
  };
  let before = null as { seq: number; hash: Buffer } | null;
  for (;;) {
    const page: SealedRow[] = await readPage(store, before?.seq ?? 0);
    for (const row of page) {
      const seq = Number(row.seq);
      const key = keyOf.get(row.key_id);
      if (seq !== (before?.seq ?? 0) + 1) tell(seq, row.audit_id, 'gap');
      else if (row.content === null) tell(seq, row.audit_id, 'removed');
      else if (key === undefined) report.unknownKey += 1;
      else if (isSame(toHash(key, before?.hash ?? null, row.content), row.hash)) {
        report.intact += 1;
        if (key.key === null) report.unkeyed += 1;
      } else tell(seq, row.audit_id, 'changed');
      if (
        expected !== null &&
        seq === expected.seq &&
        row.hash.toString('hex') !== expected.hash.toLowerCase()
      ) {
        tell(seq, row.audit_id, 'head');
      }
      before = { seq, hash: row.hash };
    }
    if (page.length < PAGE) break;
  }
  report.head = before === null ? null : { seq: before.seq, hash: before.hash.toString('hex') };
  if (expected !== null && (before?.seq ?? 0) < expected.seq) tell(expected.seq, '', 'head');
  const { rows } = await store.query<{ unsealed: string }>(
    'select count(*) as unsealed from audit_log l where not exists (select from audit_seals s where s.audit_id = l.id)',
  );
  report.unsealed = Number(rows[0]?.unsealed ?? 0);
  return report;
}

interface SealedRow {
  seq: string;
  audit_id: string;
  key_id: string;
  hash: Buffer;
  content: string | null;
}

async function readPage(store: Queryable, afterSeq: number): Promise<SealedRow[]> {
  const { rows } = await store.query<SealedRow>(
    `select s.seq, s.audit_id, s.key_id, s.hash, case when l.id is not null then ${CONTENT} end as content
       from audit_seals s left join audit_log l on l.id = s.audit_id
      where s.seq > $1 order by s.seq limit ${PAGE}`,
    [afterSeq],
  );
  return rows;
}

function toHash({ key }: ChainKey, before: Buffer | null, content: string): Buffer {
  const hash = key === null ? createHash('sha256') : createHmac('sha256', key);
  return hash
    .update(before ?? Buffer.alloc(32))
    .update(content, 'utf8')
    .digest();
}

function isSame(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Where the chain ends now; null while nothing is sealed. */
export async function readChainHead(store: Queryable): Promise<ChainHead | null> {
  const { rows } = await store.query<{ seq: string; hash: string }>(
    `select seq, encode(hash, 'hex') as hash from audit_seals order by seq desc limit 1`,
  );
  const [last] = rows;
  return last === undefined ? null : { seq: Number(last.seq), hash: last.hash };
}
