import { randomUUID } from 'node:crypto';
import type { DialIntents, DialLimiter } from '@ramal/bus';
import type { dialRequest } from '@ramal/contracts';
import { WireError } from '@ramal/runtime';
import { judgeDial, type Queryable, type TenantLookup, toExternalE164 } from '@ramal/store';
import type { z } from 'zod';
import type { Events } from './events.ts';
import { requireActiveAgent, requireActiveTenant } from './tenant-access.ts';

type Dial = Omit<z.output<typeof dialRequest>, 'tenant'> & { tenant: string };

/**
 * Records a dial (R37, R43) and answers at once; what becomes of it is told by the call's state.
 * What may not be dialled (threat 1) is recorded with its reason, as a dial that failed.
 * @throws WireError not_found, tenant_disabled, forbidden, cti_disabled, ramal_missing, intent_conflict or rate_limited
 */
export type RequestDial = (dial: Dial, by: string) => Promise<{ intentId: string; callId: string }>;

/** Of the names in a request those that somebody has: any other may be a number in the wrong field, and no log's (I8). */
interface KnownNames {
  tenant?: string;
  user?: string;
}

export function createRequestDial(options: {
  store: Queryable;
  lookup: TenantLookup;
  intents: DialIntents;
  limiter: DialLimiter;
  events: Events;
}): RequestDial {
  const { store, lookup, intents, limiter, events } = options;

  const requestDial = async (dial: Dial, by: string, known: KnownNames) => {
    const { tenant, user, to, intentId = randomUUID(), context } = dial;
    const profile = await requireActiveTenant(lookup, tenant);
    known.tenant = tenant;
    const { ramal } = await requireActiveAgent(store, tenant, user);
    known.user = user;
    if (profile.cti.status === 'disabled') {
      throw new WireError('cti_disabled', 'this company’s telephone system is switched off');
    }
    if (ramal === null) throw new WireError('ramal_missing', 'this user has no extension to call from');
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
    const toE164 = toExternalE164(profile, to);
    const urgent = profile.tenant.vip;
    const outcome = await intents.request(
      { tenant, user, ramal, intentId, to, toE164, direction, via: 'api', context, urgent },
      admit,
    );
    if (outcome.kind === 'conflict') {
      throw new WireError('intent_conflict', 'this intentId was used for another number or user');
    }
    const { callId, kind } = outcome;
    if (kind !== 'refused') events.dialRequested({ tenant, user, callId, repeated: kind === 'repeated', by });
    else if (outcome.reason === 'cti_unavailable') events.dialUnavailable({ tenant, user, callId, by });
    else events.dialDenied({ tenant, user, callId, reason: outcome.reason, by });
    // Of a second click the first one's.
    return { intentId: outcome.intentId, callId };
  };

  return async (dial, by) => {
    const known: KnownNames = {};
    try {
      return await requestDial(dial, by, known);
    } catch (error) {
      events.dialRefused({ ...known, code: error instanceof WireError ? error.code : 'unavailable' });
      throw error;
    }
  };
}
