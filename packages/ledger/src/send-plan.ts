import { sleepUntil } from '@ramal/testkit';
import type { CallbackSender, SentCallback } from './callback-sender.ts';
import type { MadeDial } from './judge-calls.ts';
import type { LedgerPerson } from './ledger-person.ts';
import type { LedgerRunOptions } from './ledger-run-options.ts';
import { createPace } from './pace.ts';
import type { LedgerPlan } from './plan.ts';
import { playPlan, type PlannedAction } from './play-plan.ts';

/** So long after its beginning a call has told everything. */
const LONGEST_CALL_MS = 8000;
const PROGRESS_EVERY_MS = 2000;

export interface SentPlan {
  callbacks: SentCallback[];
  dials: MadeDial[];
}

/** Plays the whole plan: calls, dials and cut connections; done when the last callback is answered. */
export async function sendPlan(context: {
  plan: LedgerPlan;
  persons: readonly LedgerPerson[];
  sender: CallbackSender;
  options: LedgerRunOptions;
}): Promise<SentPlan> {
  const { plan, persons, sender, options } = context;
  const callbacks: SentCallback[] = [];
  const dials: MadeDial[] = [];
  const dialling: Promise<unknown>[] = [];
  const actions: PlannedAction[] = [];
  const pace = createPace(sender.pending);
  let begun = 0;
  let waiting = 0;
  // In real time, whatever the plan's clock does: a call's own callbacks keep to their window.
  const later = (ms: number, run: () => void) => {
    waiting += 1;
    setTimeout(() => {
      waiting -= 1;
      if (!options.signal.aborted) run();
    }, ms);
  };
  for (const call of plan.calls) {
    const own = call.callbacks.map(
      (callback): SentCallback => ({ call, callback, sentAtMs: null, acknowledged: 0 }),
    );
    callbacks.push(...own);
    const begin = () => {
      begun += 1;
      pace.begin(own.length > 0 ? LONGEST_CALL_MS : 0);
      const nowMs = Date.now();
      for (const one of own) {
        const { dueMs, copyDueMs, latestMs } = one.callback;
        later(dueMs, () => sender.send(one));
        if (copyDueMs !== null) later(copyDueMs, () => sender.send(one, nowMs + latestMs));
      }
    };
    actions.push({ dueMs: call.startMs, run: begin });
    if (call.shape !== 'dial') continue;
    const dial: MadeDial = { call, intentId: `click-${dials.length}`, callId: null, originates: 0 };
    const person = persons.find(({ agent }) => agent === call.agents[0]);
    dials.push(dial);
    const run = () => {
      const made = person?.dial(dial.intentId, call.destination).then((callId) => {
        dial.callId = callId;
      });
      if (made !== undefined) dialling.push(made);
    };
    actions.push({ dueMs: call.startMs, run });
  }
  for (const [i, { tabs }] of plan.agents.entries()) {
    for (const [t, { cuts }] of tabs.entries()) {
      for (const { atMs, awayMs } of cuts) {
        actions.push({ dueMs: atMs, run: () => persons[i]?.tabs[t]?.cut(awayMs) });
      }
    }
  }
  const startedMs = performance.now();
  const tell = () => {
    const shown = persons.reduce((sum, person) => sum + person.shows(), 0);
    const { sent, acknowledged } = sender.counts;
    options.log(
      `${Math.round((performance.now() - startedMs) / 1000)} s: ${begun} of ${plan.calls.length} calls begun, ` +
        `${sent} callbacks sent, ${acknowledged} acknowledged, ${shown} pop-ups shown`,
    );
  };
  const progress = setInterval(tell, PROGRESS_EVERY_MS);
  try {
    await playPlan({ actions, isBehind: pace.isBehind, signal: options.signal });
    await Promise.all(dialling);
    await sleepUntil(() => waiting + sender.pending() === 0 || options.signal.aborted, {
      timeoutMs: 60_000,
      describe: 'the last callbacks to be answered',
    });
    options.signal.throwIfAborted();
    tell();
  } finally {
    clearInterval(progress);
  }
  return { callbacks, dials };
}
