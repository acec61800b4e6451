import { expect, it } from 'vitest';
import { createTenantRanks } from './tenant-ranks.ts';

it('ranks the dials of a burst one after the other, and the first of everybody else first', () => {
  const ranks = createTenantRanks();
  expect([1, 2, 3].map(() => ranks.next('burst', 0).rank)).toEqual([1, 2, 3]);
  expect(ranks.next('single', 0)).toEqual({ rank: 1, delayMs: 0 });
  expect(ranks.next('burst', 100).rank).toBe(3);
});

it('ranks a tenant at an ordinary pace first each time, and one that rested as if it had never dialled', () => {
  const ranks = createTenantRanks();
  for (let second = 0; second < 20; second++) expect(ranks.next('steady', second * 1000).rank).toBe(1);
  for (let i = 0; i < 100; i++) ranks.next('burst', 0);
  expect(ranks.next('burst', 11_000)).toEqual({ rank: 1, delayMs: 0 });
});

it('shows the dialers the first fifty of a burst at once, then two hundred a second, however long it lasts', () => {
  const ranks = createTenantRanks();
  const delays = Array.from({ length: 250 }, () => ranks.next('burst', 0).delayMs);
  expect(delays.slice(0, 50).every((ms) => ms === 0)).toBe(true);
  expect(delays.slice(50, 53)).toEqual([5, 10, 15]);
  expect(delays.at(-1)).toBe(1000);
  // A tenant that may dial so often is held up by nothing.
  for (let i = 0; i < 5_000; i++) expect(ranks.next('busy', i * 5).delayMs).toBe(0);
});

it('stays bounded, in rank and in the tenants it remembers', () => {
  const ranks = createTenantRanks();
  let rank = 0;
  for (let i = 0; i < 20_000; i++) ({ rank } = ranks.next('burst', 0));
  expect(rank).toBe(10_000);
  const firsts = Array.from({ length: 5_000 }, (_, i) => ranks.next(`tenant-${i}`, 1_000 + i).rank);
  expect(new Set(firsts)).toEqual(new Set([1]));
  expect(ranks.next('burst', 6_000).rank).toBeGreaterThan(9_000);
});
