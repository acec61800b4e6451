import { createAlarms } from './alarms.ts';
import type { ClientEvents, DialOptions, Popups, RamalClient, Status } from './client.ts';
import type { ConnectOptions } from './connect-options.ts';
import type { LinkStatus } from './connection/link-status.ts';
import { createEmitter } from './emitter.ts';
import { openLine } from './open-line.ts';
import { Outbox } from './outbox.ts';
import { watchPage } from './page-hooks.ts';
import { RamalError } from './ramal-error.ts';
import { randomId } from './random-id.ts';
import { createServerClock } from './server-clock.ts';
import { AgentState } from './state/agent-state.ts';
import { type Dial, OwnDial } from './state/dial.ts';
import type { TabPlatform } from './tabs/tab-platform.ts';

/** A dial is never sent later than this after the click (I2), and nothing else that a person asked for. */
const ANSWER_WITHIN_MS = 10_000;

/**
 * Connects an agent and keeps the agent connected until `close`, `logout` or a failure for good.
 * @throws TypeError for options that can't be used; all else is told by `status`
 */
export function connect(options: ConnectOptions): RamalClient {
  return createClient(options);
}

/** @param platform what tabs find one another by; null for none */
export function createClient(options: ConnectOptions, platform?: TabPlatform | null): RamalClient {
  const emitter = createEmitter<ClientEvents>();
  const clock = createServerClock();
  const alarms = createAlarms<'expiry'>();
  const state = new AgentState({
    emitter,
    now: clock.now,
    onNextExpiry: (inMs) => {
      if (inMs === null) alarms.clear('expiry');
      else alarms.set('expiry', inMs, () => state.popups.sweep());
    },
  });
  let told: LinkStatus | null = null;
  let frozen = false;
  let closed = false;

  const line = openLine(options, {
    state,
    clock,
    ...(platform === undefined ? {} : { platform }),
    onEvent: (event) => state.apply(event),
    onStatus: (status) => hear(status),
  });
  const outbox = new Outbox(line.send);
  const toStatus = ({ state: standing, reason }: LinkStatus): Status => ({
    state: standing,
    reason,
    role: line.role,
  });

  function hear(status: LinkStatus): void {
    const isOver = status.state === 'failed' || status.reason === 'logged_out' || status.reason === 'closed';
    if (status.state === 'connected') outbox.open();
    else if (isOver) outbox.close(status.reason ?? 'failed');
    else outbox.shut();
    if (told?.state === status.state && told.reason === status.reason) return;
    told = status;
    emitter.emit('status', toStatus(status));
  }

  const endWatch = watchPage({
    onWake: () => {
      state.popups.sweep();
      if (!frozen && line.status.state !== 'failed') line.hurry();
    },
    onFocus: (focused) => line.setFocused(focused),
    onFreeze: () => {
      const { state: standing } = line.status;
      if (standing !== 'connected' && standing !== 'connecting' && line.status.reason !== 'lost') return;
      frozen = true;
      line.stop('frozen');
    },
    onThaw: () => {
      if (!frozen) return;
      frozen = false;
      state.popups.sweep();
      line.start();
    },
  });

  const cancel = (intentId: string) => outbox.ask('dial.cancel', { intentId }, ANSWER_WITHIN_MS);
  async function dial(number: string, { context, intentId = randomId() }: DialOptions = {}): Promise<Dial> {
    const own = new OwnDial(intentId, number, cancel);
    state.dials.add(own);
    const data = { intentId, to: number, ...(context === undefined ? {} : { context }) };
    const acked = outbox.ask('dial', data, ANSWER_WITHIN_MS).then(
      (ack) => state.dials.acked(own, ack),
      (error: unknown) => Promise.reject(toDialError(error, intentId)),
    );
    // An event that tells of the dial is as good as its ack, which may have been lost.
    return Promise.race([acked, own.acknowledged.then(() => own)]);
  }

  const popups: Popups = {
    get list() {
      state.popups.sweep();
      return state.popups.popups.list;
    },
    get: (popupId) => {
      state.popups.sweep();
      return state.popups.popups.get(popupId);
    },
    subscribe: (listener) => state.popups.popups.subscribe(listener),
    seen: async (popupId) => {
      await outbox.ask('popup.seen', { popupId }, ANSWER_WITHIN_MS);
    },
    dismiss: async (popupId) => {
      try {
        await outbox.ask('popup.dismiss', { popupId }, ANSWER_WITHIN_MS);
        state.popups.hide(popupId, 'dismissed');
      } catch (error) {
        // Nobody shows it any more: nor does this tab.
        if (!(error instanceof RamalError && error.code === 'popup_not_found')) throw error;
        state.popups.hide(popupId, 'dismissed');
      }
    },
  };

  const client: RamalClient = {
    get status() {
      return toStatus(line.status);
    },
    get agent() {
      return state.agent;
    },
    get cti() {
      return state.cti;
    },
    calls: state.calls.calls,
    popups,
    on: emitter.on,
    once: emitter.once,
    dial,
    sync: async () => {
      // The line takes what it says, in its place among the events.
      await outbox.ask('sync', undefined, ANSWER_WITHIN_MS);
    },
    serverNow: clock.now,
    connect: () => {
      if (closed) return;
      outbox.reopen();
      if (line.status.state === 'failed' || line.status.reason === 'logged_out') line.start();
      else line.hurry();
    },
    logout: async () => {
      await outbox.ask('logout', undefined, ANSWER_WITHIN_MS);
    },
    close: () => {
      if (closed) return;
      closed = true;
      endWatch();
      line.stop('closed');
      outbox.close('closed');
      state.dials.close();
      alarms.clear('expiry');
    },
  };
  // After this turn, so that whoever called hears of the first status too.
  queueMicrotask(() => {
    if (!closed) line.start();
  });
  return client;
}

function toDialError(error: unknown, intentId: string): unknown {
  if (!(error instanceof RamalError) || error.code !== 'timeout') return error;
  const message = `nobody answered the dial ${intentId} in time; it may have been placed`;
  return new RamalError({ code: 'dial_unconfirmed', message, retryable: false });
}
