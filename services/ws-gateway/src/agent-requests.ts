import type { DialIntents, DialLimiter, PopupReactions } from '@ramal/bus';
import type { AgentIdentity, ClientFrame, CtiStatus } from '@ramal/contracts';
import { WireError } from '@ramal/runtime';
import { judgeDial, type TenantLookup, type TenantProfile, toExternalE164 } from '@ramal/store';
import type { Events } from './events.ts';

/** What an authenticated agent may ask of the system, apart from what concerns the connection itself. */
export interface AgentRequests {
  /**
   * What may not be dialled (threat 1) is recorded with its reason, as a dial that failed.
   * @throws WireError `tenant_disabled`, `cti_disabled`, `ramal_missing`, `intent_conflict`, or `rate_limited` for one
   * refused dial too many
   */
  dial(agent: AgentIdentity, data: Extract<ClientFrame, { op: 'dial' }>['data']): Promise<object>;
  /** @throws WireError `intent_not_found` or `intent_not_cancelable` */
  cancelDial(agent: AgentIdentity, intentId: string): Promise<object>;
  /** @throws WireError `popup_not_found` */
  react(agent: AgentIdentity, popupId: string, reaction: 'popup.seen' | 'popup.dismissed'): Promise<object>;
  /** Whether the tenant may be served at all, and what its call buttons should do (R1, R42). */
  tenantState(tenant: string): Promise<TenantState>;
}

/** What is known of a tenant, from memory. */
export interface TenantState {
  active: boolean;
  cti: CtiStatus;
  /** Users who are switched off; absent while nobody can tell. */
  inactiveUsers?: ReadonlySet<string> | undefined;
}

export function createAgentRequests(options: {
  lookup: TenantLookup;
  intents: DialIntents;
  limiter: DialLimiter;
  reactions: PopupReactions;
  /** Tenants whose CTI is not asked for the moment. */
  downCtis: { has(tenant: string): boolean };
  events: Events;
}): AgentRequests {
  const { lookup, intents, limiter, reactions, downCtis, events } = options;
  return {
    async dial(agent, { intentId, to, context, ageMs }) {
      const { tenant, user, ramal } = agent;
      try {
        const profile = await toDialableTenant(lookup, tenant);
        if (ramal === null) {
          throw new WireError(
            'ramal_missing',
            'your user has no extension (ramal); ask your administrator to set one',
          );
        }
        const { denied, limits, internal, destination } = judgeDial(profile, to);
        const direction = internal ? 'internal' : 'outbound';
        const admit = async () => {
          const asked = { tenant, user, intentId, to, destination };
          const admission = await limiter.admit(asked, denied, limits);
          if (admission.kind === 'flood') {
            throw new WireError('rate_limited', 'too many refused calls; wait a minute');
          }
          return admission;
        };
        const urgent = profile.tenant.vip;
        const toE164 = toExternalE164(profile, to);
        const outcome = await intents.request(
          { tenant, user, ramal, intentId, to, toE164, direction, via: 'agent', context, ageMs, urgent },
          admit,
        );
        if (outcome.kind === 'conflict') {
          throw new WireError(
            'intent_conflict',
            'this intentId was used for another number; make a new one for each click',
          );
        }
        const { callId, kind } = outcome;
        if (kind !== 'refused') events.dialRequested({ tenant, user, callId, repeated: kind === 'repeated' });
        else if (outcome.reason === 'cti_unavailable') events.dialUnavailable({ tenant, user, callId });
        else events.dialDenied({ tenant, user, callId, reason: outcome.reason });
        // Of a second click the first one's, which all further steps name.
        return { intentId: outcome.intentId, callId };
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
      return { intentId: found.intent.intentId, callId: found.intent.callId };
    },
    async react(agent, popupId, reaction) {
      if (!(await reactions.record(agent, popupId, reaction))) {
        throw new WireError('popup_not_found', 'this pop-up is not shown any more');
      }
      return { popupId };
    },
    async tenantState(tenant) {
      const profile = await lookup.profile(tenant);
      return {
        active: profile?.tenant.active === true,
        cti: toCtiStatus(profile, downCtis.has(tenant)),
        inactiveUsers: profile?.inactiveUsers,
      };
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

function toCtiStatus(profile: TenantProfile | null, down: boolean): CtiStatus {
  switch (profile?.cti.status) {
    case 'ok':
      // A click on it is what finds out that the CTI is back.
      return { enabled: true, state: down ? 'down' : 'ok' };
    case 'disabled':
      return { enabled: false, state: 'disabled' };
    case 'invalid':
      return { enabled: false, state: 'invalid' };
    case 'not_configured':
    case undefined:
      return { enabled: false, state: 'not_configured' };
  }
}
