import { createTestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { type CallbackTokenIndex, createCallbackTokenIndex } from './callback-token-index.ts';
import { endCallbackTokens, insertCallbackToken, revokeCallbackToken, toTokenId } from './callback-tokens.ts';
import type { Store } from './connect-store.ts';
import { hashSecret } from './hash-secret.ts';

let db: TestStore;
let index: CallbackTokenIndex;
let nowMs: number;
let queries: number;
let down: boolean;
beforeAll(async () => {
  db = await openTestStore(await createTestDatabase());
});
afterAll(() => db.drop());
beforeEach(async () => {
  await db.store.query('truncate callback_tokens');
  await insertCallbackToken(db.store, { tokenHash: hashSecret('one'), tenant: 'acme' });
  await insertCallbackToken(db.store, { tokenHash: hashSecret('two'), tenant: 'globex' });
  [nowMs, queries, down] = [0, 0, false];
  const query: Store['query'] = (text, values) => {
    queries += 1;
    return down ? Promise.reject(new Error('connect ECONNREFUSED')) : db.store.query(text, values);
  };
  const store = { ...db.store, query };
  index = createCallbackTokenIndex({ store, maxAgeMs: () => 900, maxEntries: 100, now: () => nowMs });
});

const yes = () => true;
const no = () => false;
const tenantOf = async (token: string, mayAsk = yes) => (await index.find(token, mayAsk))?.tenant ?? null;

describe('threat 5 a token', () => {
  test('leads to its own tenant, and several do to one', async () => {
    await insertCallbackToken(db.store, { tokenHash: hashSecret('other'), tenant: 'acme' });
    expect([await tenantOf('one'), await tenantOf('two'), await tenantOf('other')]).toEqual([
      'acme',
      'globex',
      'acme',
    ]);
    for (const wrong of ['', 'On', 'oneone', 'one ', hashSecret('one').toString('hex'), '__proto__'])
      expect(await tenantOf(wrong)).toBeNull();
  });

  test('counts the moment it is there, also while the others are remembered', async () => {
    await tenantOf('one');
    await insertCallbackToken(db.store, { tokenHash: hashSecret('new'), tenant: 'acme' });
    expect(await tenantOf('new')).toBe('acme');
  });

  test('ends on time, though nobody reads it anew, and one that is to end later counts till then', async () => {
    const tokenHash = hashSecret('three');
    await insertCallbackToken(db.store, { tokenHash, tenant: 'acme' });
    expect(await endCallbackTokens(db.store, 'acme', { allBut: tokenHash }, 60)).toHaveLength(1);
    expect(await tenantOf('one')).toBe('acme');
    down = true;
    nowMs = 20_000;
    expect(await tenantOf('one')).toBe('acme');
    nowMs = 60_001;
    expect([await tenantOf('one'), await tenantOf('three')]).toEqual([null, 'acme']);
  });

  test('an end is never put off by a later one', async () => {
    const keep = { allBut: hashSecret('none') };
    await endCallbackTokens(db.store, 'acme', keep, 60);
    await endCallbackTokens(db.store, 'acme', keep, 3_600);
    const { rows } = await db.store.query(
      `select ends_at < now() + interval '61 seconds' as soon from callback_tokens where tenant = 'acme'`,
    );
    expect(rows).toEqual([{ soon: true }]);
  });

  test('is revoked by its own tenant alone, and at the next reading', async () => {
    const tokenId = toTokenId(hashSecret('one'));
    await tenantOf('one');
    expect(await revokeCallbackToken(db.store, 'globex', tokenId)).toBe(false);
    expect(await revokeCallbackToken(db.store, 'acme', tokenId)).toBe(true);
    expect(await revokeCallbackToken(db.store, 'acme', tokenId)).toBe(false);
    nowMs = 250;
    index.forget();
    expect(await tenantOf('one')).toBeNull();
  });
});

describe('threat 9 made-up tokens', () => {
  test('cost no query once their caller may cause none, and known ones go on', async () => {
    expect(await tenantOf('one')).toBe('acme');
    const before = queries;
    for (let n = 0; n < 1_000; n++) expect(await tenantOf(`made up ${n}`, no)).toBeNull();
    expect(await tenantOf('two', no)).toBe('globex');
    expect(queries).toBe(before);
  });

  test('are no reason to read the same one twice', async () => {
    await tenantOf('one');
    const before = queries;
    for (let n = 0; n < 100; n++) await tenantOf('made up');
    expect(queries).toBe(before + 1);
  });

  test('I3 are an error, never a no, where nothing certain is known', async () => {
    down = true;
    await expect(tenantOf('one', no)).rejects.toThrow('ECONNREFUSED');
    down = false;
    await tenantOf('one');
    down = true;
    nowMs = 60_000;
    expect(await tenantOf('one', no)).toBe('acme');
    await expect(tenantOf('made up', no)).rejects.toThrow('can’t be read');
    await expect(tenantOf('made up', yes)).rejects.toThrow('ECONNREFUSED');
  });

  test('of notices, many within a quarter of a second lead to one reading', async () => {
    await tenantOf('one');
    const before = queries;
    for (nowMs = 1; nowMs < 250; nowMs++) {
      index.forget();
      await tenantOf('one');
    }
    expect(queries).toBe(before);
    nowMs = 250;
    await tenantOf('one');
    expect(queries).toBe(before + 1);
  });
});
