import { setTimeout as delay } from 'node:timers/promises';
import { NO_TRACES } from '@ramal/bus';
import { expect, it } from 'vitest';
import { newProfile } from '../../test/open-test-ingest.ts';
import type { Events } from '../events.ts';
import type { CallbackTeller } from '../tell-callback.ts';
import { createJournaledIngest } from './journaled-ingest.ts';
import { createRedisClock } from './redis-clock.ts';

const PATIENCE_MS = 60;

function open(tellCallback: CallbackTeller, settleMs = 0) {
  const clock = createRedisClock();
  const failures: unknown[] = [];
  const ingest = createJournaledIngest({
    journal: { append: async () => ({}) as never, settle: () => undefined },
    replay: { settle: () => delay(settleMs), tell: () => undefined, isHolding: () => false },
    watch: { state: () => 'up', failed: (error) => void failures.push(error) },
    clock,
    tellCallback,
    events: { received: () => undefined, unknownVariables: () => undefined } as unknown as Events,
    recorder: NO_TRACES,
    patienceMs: PATIENCE_MS,
    onJournalFailed: () => undefined,
    onJournalWorked: () => undefined,
  });
  const send = () => ingest(newProfile(), 'ended', Object.entries({ origem: '4732100123', destino: '3501' }));
  return { clock, failures, send };
}
const never: CallbackTeller = () => new Promise(() => undefined);

it('a callback that takes long counts against Redis only where Redis says nothing to anybody', async () => {
  const silent = open(never);
  expect((await silent.send()).outcome).toBe('journaled');
  expect(silent.failures).toHaveLength(1);
  const busy = open(never);
  const sent = busy.send();
  await delay(PATIENCE_MS / 2);
  busy.clock.heard(Date.now());
  expect((await sent).outcome).toBe('journaled');
  expect(busy.failures).toEqual([]);
});

it('a callback that waited for older ones of its call is dated as of its receipt, a prompt one is not', async () => {
  const dated: boolean[] = [];
  const tell: CallbackTeller = async (_tenant, _callback, told) => {
    dated.push(told?.receivedAtMs !== undefined);
    return { callId: 'c1', outcome: 'duplicate', event: null, tries: 1 };
  };
  await open(tell).send();
  await open(tell, 350).send();
  await delay(400);
  expect(dated).toEqual([false, true]);
});
