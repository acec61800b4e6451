import { planPopupReaction } from '@ramal/calls';
import type { AgentInbox } from './agent-inbox.ts';
import type { CallBus } from './call-bus.ts';

/** Records that an agent saw or closed a pop-up; once, however many tabs say so. */
export interface PopupReactions {
  /** False when the agent has no such pop-up any more. */
  record(
    agent: { tenant: string; user: string },
    popupId: string,
    reaction: 'popup.seen' | 'popup.dismissed',
  ): Promise<boolean>;
}

const MOST_CONFLICTS = 20;

export function createPopupReactions(bus: CallBus, inbox: AgentInbox): PopupReactions {
  return {
    async record({ tenant, user }, popupId, reaction) {
      for (let tries = 0; tries < MOST_CONFLICTS; tries++) {
        const shown = await inbox.findPopup(tenant, user, popupId);
        if (shown === null) return false;
        const { calls, nowMs } = await bus.view({ tenant, callId: shown.callId });
        const call = calls[0];
        // Read again behind the call: should the call change from here on, the commit is a conflict.
        const popup = await inbox.findPopup(tenant, user, popupId);
        if (call === undefined || popup === null) return false;
        const { outcome } = await bus.commit(
          planPopupReaction({ tenant, user, popup, reaction, call, nowMs }),
        );
        if (outcome !== 'conflict') return true;
      }
      throw new Error(`no commit in ${MOST_CONFLICTS} tries`);
    },
  };
}
