import type { CommitOutcome, DialIntent, DialIntents } from '@ramal/bus';
import type { DialStep } from '@ramal/calls';
import type { DialReason } from '@ramal/contracts';
import { failpoint } from '@ramal/runtime';
import type { Events } from './events.ts';

interface SettleDeps {
  intents: DialIntents;
  events: Events;
}

const COMMIT_RETRY_MS = 200;

/** Records the end of a dial, as long as there is time to; after that the watchdog's verdict stands. */
export async function settleDial(
  intent: DialIntent,
  step: DialStep,
  { intents, events }: SettleDeps,
  forMs: number,
): Promise<void> {
  const { tenant, intentId, callId } = intent;
  failpoint('dialer.before_settle');
  const outcome: CommitOutcome | null = await untilTold(
    () => intents.step(intent, step),
    (error) => events.backgroundFailed('settle', error),
    forMs,
  );
  if (outcome === null) return;
  failpoint('dialer.after_settle');
  const recorded = outcome === 'applied' || outcome === 'duplicate';
  events.finished({
    tenant,
    intentId,
    callId,
    outcome: recorded ? step.type : 'settled by another',
    ...('reason' in step ? { reason: step.reason } : {}),
    ...('status' in step && step.status !== undefined ? { status: step.status } : {}),
    ...('latencyMs' in step ? { latencyMs: step.latencyMs } : {}),
  });
}

/**
 * Gives a dial back that may be recorded as sent and of which nothing was written, or nothing placed (I1). Whatever
 * commit of this fence is still on its way comes too late then.
 * @returns whether it may be tried again
 */
export async function giveBackDial(
  intent: DialIntent,
  fence: string,
  doubt: DialReason | undefined,
  { intents, events }: SettleDeps,
  forMs: number,
): Promise<boolean> {
  const outcome = await untilTold(
    () => intents.requeue(intent, fence, doubt),
    (error) => events.backgroundFailed('give back', error),
    forMs,
  );
  return outcome === 'applied';
}

/** Repeats what failed without an answer; what it repeats changes nothing the second time. Null when time is up. */
async function untilTold<Answer>(
  ask: () => Promise<Answer>,
  onFailure: (error: unknown) => void,
  forMs: number,
): Promise<Answer | null> {
  const untilMs = performance.now() + forMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      onFailure(error);
    }
    if (performance.now() >= untilMs) return null;
    await new Promise((resolve) => setTimeout(resolve, COMMIT_RETRY_MS));
  }
}
