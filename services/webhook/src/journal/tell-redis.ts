import type { CallBus, Presence, WebhookIds } from '@ramal/bus';
import { planRestore, toLegs } from '@ramal/calls';
import type { CallbackEvent } from '@ramal/contracts';
import type { CallbackTeller } from '../tell-callback.ts';
import type { JournalRecord } from './journal-record.ts';

export type LateOutcome = 'stored' | 'duplicate' | 'webhook_id_reused';

/** Tells Redis of a record that it was not told of when it was received. */
export interface LateTeller {
  tell(record: JournalRecord): Promise<{ outcome: LateOutcome; event: CallbackEvent | null }>;
  /** Brings back an event that Redis may have lost; false when it has it. */
  restore(record: JournalRecord, event: CallbackEvent): Promise<boolean>;
}

const MOST_CONFLICTS = 50;

export function createLateTeller(options: {
  bus: CallBus;
  presence: Presence;
  tellCallback: CallbackTeller;
  webhookIds: WebhookIds;
}): LateTeller {
  const { bus, presence, tellCallback, webhookIds } = options;
  return {
    async tell({ tenant, callback, callId, receivedAtMs, signed }) {
      if (signed !== undefined) {
        // Its time was looked at when it came; whether its id was another's could not be told (threat 5).
        const state = await webhookIds.seen(signed);
        if (state.kind === 'reused') return { outcome: 'webhook_id_reused', event: null };
        if (state.kind === 'stored') return { outcome: 'duplicate', event: null };
      }
      const told = await tellCallback(tenant, callback, { callId, receivedAtMs });
      if (signed !== undefined) await webhookIds.markStored(signed, told.callId);
      return { outcome: told.outcome, event: told.event };
    },
    async restore({ tenant, signed }, event) {
      for (let tries = 0; tries < MOST_CONFLICTS; tries++) {
        const view = await bus.view({ tenant, callId: event.callId });
        const call = view.calls.find(({ callId }) => callId === event.callId) ?? null;
        const users = toLegs([...(call?.events ?? []), event]).flatMap(({ user }) => user ?? []);
        const isEnd = event.type === 'call.ended';
        const presentUsers = isEnd ? await presence.present(tenant, users, view.nowMs) : new Set<string>();
        const commit = planRestore(event, { call, presentUsers, nowMs: view.nowMs });
        if (commit === null) return false;
        // The id may name a call by now that began before this one was back: then both keep what they have.
        const { externalCallId: _, ...nameless } = commit;
        const { outcome } = await bus.commit(tries < MOST_CONFLICTS / 2 ? commit : nameless);
        if (outcome === 'conflict') continue;
        if (signed !== undefined) await webhookIds.markStored(signed, event.callId);
        return outcome === 'applied';
      }
      throw new Error('no commit: the call changes too often');
    },
  };
}
