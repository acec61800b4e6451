import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { createJournalSeal } from './journal-seal.ts';

const [old, newest] = [randomBytes(32), randomBytes(32)] as [Buffer, Buffer];
const plain = Buffer.from('{"peer":"4732100123"}');

it('threat 4 with a master key nothing of an entry can be read, and older keys still open theirs', () => {
  const sealed = createJournalSeal([old]).seal(plain);
  expect(sealed.includes('4732100123')).toBe(false);
  expect(createJournalSeal([newest, old]).open(sealed)).toEqual(plain);
  expect(createJournalSeal([newest]).open(sealed)).toBeNull();
  expect(createJournalSeal(null).open(sealed)).toBeNull();
});

it('a sealed entry that was changed does not open', () => {
  const seal = createJournalSeal([newest]);
  const sealed = seal.seal(plain);
  for (let i = 1; i < sealed.length; i++) {
    const changed = Buffer.from(sealed);
    changed[i] = (changed[i] ?? 0) ^ 1;
    expect(seal.open(changed)).toBeNull();
  }
  expect(seal.open(Buffer.alloc(0))).toBeNull();
});

it('without a master key entries are plain, and stay readable when there comes to be one', () => {
  const kept = createJournalSeal(null).seal(plain);
  expect(createJournalSeal([newest]).open(kept)).toEqual(plain);
});
