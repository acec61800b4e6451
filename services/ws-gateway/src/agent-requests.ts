import type { DialIntents, PopupReactions } from '@ramal/bus';
import type { AgentIdentity, ClientFrame, CtiStatus } from '@ramal/contracts';
import { WireError } from '@ramal/runtime';
import { isInternalNumber, type TenantLookup, type TenantProfile, toExternalE164 } from '@ramal/store';
import type { Events } from './events.ts';

/** What an authenticated agent may ask of the system, apart from what concerns the connection itself. */
export interface AgentRequests {
  /** @throws WireError `tenant_disabled`, `cti_disabled`, `ramal_missing` or `intent_conflict` */
  dial(agent: AgentIdentity, data: Extract<ClientFrame, { op: 'dial' }>['data']): Promise<object>;
  /** @throws WireError `intent_not_found` or `intent_not_cancelable` */
  cancelDial(agent: AgentIdentity, intentId: string): Promise<object>;
  /** @throws WireError `popup_not_found` */
  react(agent: AgentIdentity, popupId: string, reaction: 'popup.seen' | 'popup.dismissed'): Promise<object>;
  /** Whether the tenant may be served at all, and what its call buttons should do (R1, R42). */
  tenantState(tenant: string): Promise<{ active: boolean; cti: CtiStatus }>;
}

export function createAgentRequests(options: {
  lookup: TenantLookup;
  intents: DialIntents;
  reactions: PopupReactions;
  events: Events;
}): AgentRequests {
  const { lookup, intents, reactions, events } = options;
  return {
    async dial(agent, { intentId, to, context }) {
      const { tenant, user, ramal } = agent;
      try {
        const profile = await toDialableTenant(lookup, tenant);
        if (ramal === null) {
          throw new WireError(
            'ramal_missing',
            'your user has no extension (ramal); ask your administrator to set one',
          );
        }
        const direction = isInternalNumber(profile, to) ? 'internal' : 'outbound';
        const urgent = profile.tenant.vip;
        const outcome = await intents.request({
          tenant,
          user,
          ramal,
          intentId,
          to,
          toE164: toExternalE164(profile, to),
          direction,
          via: 'agent',
          context,
          urgent,
        });
        if (outcome.kind === 'conflict') {
          throw new WireError(
            'intent_conflict',
            'this intentId was used for another number; make a new one for each click',
          );
        }
        events.dialRequested({ tenant, user, callId: outcome.callId, repeated: outcome.kind === 'repeated' });
        return { intentId, callId: outcome.callId };
      } catch (error) {
        events.dialRefused({ tenant, user, code: error instanceof WireError ? error.code : 'unavailable' });
        throw error;
      }
    },
    async cancelDial({ tenant, user }, intentId) {
      const found = await intents.find(tenant, intentId);
      if (found === null || found.intent.user !== user) {
        throw new WireError('intent_not_found', 'there is no dial with this intentId');
      }
      const outcome = await intents.step(found.intent, { type: 'dial.canceled' });
      if (outcome !== 'applied' && outcome !== 'duplicate') {
        throw new WireError(
          'intent_not_cancelable',
          'the CTI has been asked to dial already; hang up on the phone',
        );
      }
      return { intentId, callId: found.intent.callId };
    },
    async react(agent, popupId, reaction) {
      if (!(await reactions.record(agent, popupId, reaction))) {
        throw new WireError('popup_not_found', 'this pop-up is not shown any more');
      }
      return { popupId };
    },
    async tenantState(tenant) {
      const profile = await lookup.profile(tenant);
      return { active: profile?.tenant.active === true, cti: toCtiStatus(profile) };
    },
  };
}

async function toDialableTenant(lookup: TenantLookup, tenant: string): Promise<TenantProfile> {
  const profile = await lookup.profile(tenant);
  if (profile === null || !profile.tenant.active) {
    throw new WireError('tenant_disabled', 'this company is not active');
  }
  if (profile.cti.status === 'disabled') {
    throw new WireError('cti_disabled', 'calls are switched off for this company (usa_cti)');
  }
  return profile;
}

function toCtiStatus(profile: TenantProfile | null): CtiStatus {
  switch (profile?.cti.status) {
    case 'ok':
      return { enabled: true, state: 'ok' };
    case 'disabled':
      return { enabled: false, state: 'disabled' };
    case 'invalid':
      return { enabled: false, state: 'invalid' };
    case 'not_configured':
    case undefined:
      return { enabled: false, state: 'not_configured' };
  }
}
