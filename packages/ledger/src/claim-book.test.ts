import { expect, test } from 'vitest';
import { createClaimBook } from './claim-book.ts';

test('a claim that passes from one tab to the other is none held twice, in whatever order the word arrives', () => {
  const book = createClaimBook();
  book.claim(0, 'p', true, 0);
  book.claim(1, 'p', true, 100);
  book.claim(0, 'p', false, 300);
  expect(book.heldTwice(60_000)).toEqual([]);
  expect(book.claimed()).toBe(1);
});

test('a pop-up that two tabs keep in front is told', () => {
  const book = createClaimBook();
  book.claim(0, 'p', true, 0);
  book.replace(1, ['p'], 100);
  expect(book.heldTwice(2000)).toEqual([]);
  expect(book.heldTwice(2200)).toEqual(['p']);
});

test('a tab that was cut off, or a pop-up that is over, holds nothing', () => {
  const book = createClaimBook();
  book.claim(0, 'p', true, 0);
  book.leave(0, 50);
  book.claim(1, 'p', true, 100);
  book.claim(0, 'q', true, 0);
  book.claim(1, 'q', true, 100);
  book.over('q', 200);
  expect(book.heldTwice(60_000)).toEqual([]);
});
