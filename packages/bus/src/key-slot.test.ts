import { createNames, DIAL_QUEUE } from '@ramal/contracts';
import { expect, it } from 'vitest';
import { toKeySlot } from './key-slot.ts';

it.each([
  // The specification's own example, and what a server says to CLUSTER KEYSLOT.
  ['123456789', 0x31c3],
  ['foo{bar}baz', 5061],
  ['foo{}{bar}', 8363],
  ['foo{{bar}}zap', 4015],
  ['ção', 3314],
  ['', 0],
])('%s lies in slot %i', (key, slot) => {
  expect(toKeySlot(key)).toBe(slot);
});

it('all keys of a partition, and all of the queue, lie in one slot', () => {
  const names = createNames(8);
  const keys = [
    names.events(3),
    names.dueIntents(3),
    names.openCalls(3),
    names.gateways(3),
    names.ctisDown(3),
  ];
  expect(new Set(keys.map(toKeySlot)).size).toBe(1);
  const { name, prefix } = DIAL_QUEUE;
  expect(toKeySlot(`${prefix}:${name}:wait`)).toBe(toKeySlot(`${prefix}:${name}:marker`));
});
