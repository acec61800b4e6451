import type { DialIntent, DialIntents } from '@ramal/bus';
import { sleepUntil } from '@ramal/testkit';
import { afterEach, expect, it } from 'vitest';
import { createNotedEvents } from '../test/noted-events.ts';
import { startWatchdog } from './watchdog.ts';

let stop: (() => Promise<void>) | undefined;
afterEach(() => stop?.());

/** Intents that are all overdue; `poison` can't be read. */
function overdueIntents(states: Record<string, DialIntent['state'] | 'poison' | 'gone'>) {
  const stepped: string[] = [];
  const forgotten: string[] = [];
  const due = new Set(Object.keys(states));
  const intents = {
    overdue: async (partition: number) =>
      partition === 0 ? [...due].map((intentId) => ({ tenant: 'acme', intentId })) : [],
    async find(tenant: string, intentId: string) {
      const state = states[intentId];
      if (state === 'poison') throw new Error('what is this?');
      if (state === 'gone' || state === undefined) return null;
      return { intent: { tenant, intentId, state, deadlineMs: 0 } as DialIntent, nowMs: 10_000 };
    },
    async step({ intentId }: DialIntent, { type }: { type: string }) {
      stepped.push(`${intentId} ${type}`);
      due.delete(intentId);
      return 'applied' as const;
    },
    async forget(_tenant: string, intentId: string) {
      forgotten.push(intentId);
      due.delete(intentId);
    },
  } as unknown as DialIntents;
  return { intents, stepped, forgotten };
}

it('I2 settles what is overdue, each by what it is', async () => {
  const events = createNotedEvents();
  const { intents, stepped, forgotten } = overdueIntents({
    a: 'queued',
    b: 'claimed',
    c: 'sent',
    d: 'accepted',
    e: 'gone',
  });
  ({ stop } = startWatchdog({ intents, partitions: 3, events }));
  await sleepUntil(() => stepped.length === 3 && forgotten.length === 2);
  expect(stepped).toEqual(['a dial.expired', 'b dial.expired', 'c dial.uncertain']);
  expect(forgotten).toEqual(['d', 'e']);
  expect(events.noted).toEqual([
    'intentOverdue dial.expired',
    'intentOverdue dial.expired',
    'intentOverdue dial.uncertain',
  ]);
});

it('I2 one that can’t be settled keeps no other from its end, nor the watchdog from its rounds', async () => {
  const events = createNotedEvents();
  const { intents, stepped } = overdueIntents({ a: 'poison', b: 'queued' });
  let rounds = 0;
  ({ stop } = startWatchdog({ intents, partitions: 1, events, onProgress: () => void (rounds += 1) }));
  await sleepUntil(() => stepped.length === 1 && rounds > 1);
  expect(events.noted).toContain('backgroundFailed watchdog');
});

it('comes round while Redis refuses, and stands still where a wait has no end', async () => {
  const events = createNotedEvents();
  let rounds = 0;
  let hang = false;
  const overdue = () => (hang ? new Promise(() => undefined) : Promise.reject(new Error('away')));
  const intents = { overdue } as unknown as DialIntents;
  const watchdog = startWatchdog({ intents, partitions: 1, events, onProgress: () => void (rounds += 1) });
  await sleepUntil(() => rounds >= 2);
  hang = true;
  const failures = () => events.noted.length;
  // The sweep that hangs is the last one that begins.
  await sleepUntil(() => rounds === failures());
  const before = rounds;
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(rounds).toBe(before);
  stop = async () => undefined;
  void watchdog.stop();
});
