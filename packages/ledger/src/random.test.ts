import { expect, test } from 'vitest';
import { createRandom } from './random.ts';

test('the same seed gives the same numbers, another seed others', () => {
  const draw = (seed: number) => {
    const random = createRandom(seed);
    return Array.from({ length: 20 }, () => random.next());
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});

test('numbers are spread evenly and stay within their bounds', () => {
  const random = createRandom(1);
  const counts = new Map<number, number>();
  for (let i = 0; i < 6000; i++) {
    const side = random.between(1, 6);
    counts.set(side, (counts.get(side) ?? 0) + 1);
  }
  expect(new Set(counts.keys())).toEqual(new Set([1, 2, 3, 4, 5, 6]));
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
