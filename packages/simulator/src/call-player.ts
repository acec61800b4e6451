import type { Account } from './account.ts';
import type { Behaviour, CalleeOutcome } from './behaviour.ts';
import { type CallbackEvent, type CallbackFacts, toCallbackRequest } from './callback-request.ts';
import type { CallbackSender } from './callback-sender.ts';
import type { PendingTimers } from './pending-timers.ts';
import { toRecordingPath } from './recording-handler.ts';
import type { SimulatorLog } from './simulator-log.ts';

/** A call of the simulated CTI; times in milliseconds since the Unix epoch. */
export interface SimulatedCall {
  readonly id: string;
  readonly account: string;
  readonly direction: 'outgoing' | 'incoming';
  readonly origin: string;
  readonly destination: string;
  readonly outcome: CalleeOutcome;
  readonly state: 'ringing' | 'talking' | 'ended';
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
}

interface CallPlan {
  account: Account;
  direction: SimulatedCall['direction'];
  origin: string;
  destination: string;
  behaviour: Behaviour;
}

export interface CallPlayerOptions {
  timers: PendingTimers;
  sender: CallbackSender;
  log: SimulatorLog;
  webhookUrl(): string | null;
  /** Where this simulator is reached, for the recordings' addresses. */
  simulatorUrl(): string;
  newId(): string;
}

/** Plays calls in real time: ring, answer, talk, end, and the callbacks that tell of it. */
export interface CallPlayer {
  /** Starts a call and returns its id. */
  place(plan: CallPlan): string;
  calls(): SimulatedCall[];
  /** Forgets the calls that are over. */
  clear(): void;
}

/** The word for an outcome in callbacks, as Asterisk-like CTIs write it. */
const STATUS_WORD = { answer: 'ANSWERED', busy: 'BUSY', no_answer: 'NO ANSWER' } as const;

export function createCallPlayer(options: CallPlayerOptions): CallPlayer {
  const { timers, sender, log } = options;
  let calls: { -readonly [K in keyof SimulatedCall]: SimulatedCall[K] }[] = [];

  /** Resolves when the first attempt is over. */
  async function tell(
    id: string,
    plan: CallPlan,
    event: CallbackEvent,
    more: Partial<CallbackFacts> = {},
  ): Promise<void> {
    const { callback } = plan.account;
    const webhookUrl = options.webhookUrl();
    if (!callback || webhookUrl === null || !plan.behaviour.callbacks) return;
    const facts: CallbackFacts = {
      origin: plan.origin,
      destination: plan.destination,
      ...(plan.behaviour.sendIds ? { id } : {}),
      ...more,
    };
    await sender.send({
      account: plan.account.name,
      callId: id,
      event,
      request: toCallbackRequest(webhookUrl, callback, event, facts),
      copies: 1 + plan.behaviour.duplicateCallbacks,
    });
  }

  async function play(call: (typeof calls)[number], plan: CallPlan): Promise<void> {
    const { behaviour } = plan;
    const answers = behaviour.outcome === 'answer';
    // Each callback waits for the first attempt of the one before, never the call itself: the order of
    // callbacks is then a matter of behaviour, not of luck.
    let told = Promise.resolve();
    const tellNext = (event: CallbackEvent, more?: Partial<CallbackFacts>) => {
      told = told.then(() => tell(call.id, plan, event, more));
    };

    if (plan.direction === 'incoming') tellNext('incoming');
    await timers.sleep(behaviour.ringMs);
    if (answers) {
      call.state = 'talking';
      call.answeredAt = Date.now();
      if (behaviour.order === 'normal') tellNext('answered');
      await timers.sleep(behaviour.talkMs);
    }
    call.state = 'ended';
    call.endedAt = Date.now();

    const audio = answers ? `${options.simulatorUrl()}${toRecordingPath(call.id)}` : undefined;
    tellNext('ended', {
      status: STATUS_WORD[behaviour.outcome],
      durationSec: answers ? Math.max(1, Math.round(behaviour.talkMs / 1000)) : 0,
      audio: behaviour.recording === 'with_end' ? audio : undefined,
    });
    if (answers && behaviour.order === 'ended_first') tellNext('answered');
    if (audio !== undefined && behaviour.recording === 'later') {
      await timers.sleep(behaviour.recordingDelayMs);
      tellNext('recording', { audio });
    }
    await told;
  }

  return {
    place(plan) {
      const id = options.newId();
      const call: (typeof calls)[number] = {
        id,
        account: plan.account.name,
        direction: plan.direction,
        origin: plan.origin,
        destination: plan.destination,
        outcome: plan.behaviour.outcome,
        state: 'ringing',
        startedAt: Date.now(),
        answeredAt: null,
        endedAt: null,
      };
      calls.push(call);
      play(call, plan).catch((error: unknown) => {
        log('error', 'call broken off', { account: call.account, callId: id, error: String(error) });
      });
      return id;
    },
    calls: () => calls.map((call) => ({ ...call })),
    clear() {
      calls = calls.filter((call) => call.state !== 'ended');
    },
  };
}
