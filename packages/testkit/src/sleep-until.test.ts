import { expect, test } from 'vitest';
import { ConditionTimeoutError, sleepUntil } from './sleep-until.ts';

test('sleepUntil returns the first truthy value of the condition', async () => {
  let asked = 0;
  const value = await sleepUntil(() => (++asked >= 3 ? `asked ${asked} times` : undefined), { everyMs: 1 });
  expect(value).toBe('asked 3 times');
});

test('sleepUntil names what it waited for and the last error when time is up', async () => {
  const waiting = sleepUntil(
    () => {
      throw new Error('still closed');
    },
    { timeoutMs: 20, everyMs: 5, describe: () => 'the door to open' },
  );
  await expect(waiting).rejects.toThrow(ConditionTimeoutError);
  await expect(waiting).rejects.toThrow('waited 20 ms for the door to open (last error: still closed)');
});

test('sleepUntil treats a condition that throws at first as not yet met', async () => {
  let asked = 0;
  const condition = async () => {
    if (++asked < 2) throw new Error('not yet');
    return true;
  };
  await expect(sleepUntil(condition, { everyMs: 1 })).resolves.toBe(true);
});

test('sleepUntil ends with the reason of its signal, long before time is up', async () => {
  const stop = new AbortController();
  const waiting = sleepUntil(() => false, { everyMs: 1, signal: stop.signal });
  stop.abort(new Error('interrupted'));
  await expect(waiting).rejects.toThrow('interrupted');
});
