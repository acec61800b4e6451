import type { DialReason } from '@ramal/contracts';
import { type DialLimits, judgeDestination, normalizeNumber } from '@ramal/cti';
import { isInternalNumber, type TenantProfile } from './tenant-lookup.ts';

/** What a tenant's policy says of one number (threat 1). */
export interface DialJudgement {
  /** Why it is not dialled, however seldom; null when it may be. */
  denied: DialReason | null;
  /** How often it may be dialled; null for police, ambulance and the like, which nothing holds up. */
  limits: DialLimits | null;
  internal: boolean;
  /** One text for all spellings of one number, as far as it can be read; null for an extension. */
  destination: string | null;
}

/** Judges a number by the tenant's kill switch and destinations, whether or not its numbers are normalised. */
export function judgeDial(profile: TenantProfile, number: string): DialJudgement {
  const { policy, numbering, cti } = profile;
  const internal = isInternalNumber(profile, number);
  const { linePrefix, skipIfPrefixed } =
    cti.status === 'ok' ? cti.config : { linePrefix: '', skipIfPrefixed: false };
  const verdict = judgeDestination(number, {
    numbering,
    internal,
    destinations: policy.destinations,
    linePrefix,
    skipIfPrefixed,
  });
  const { e164, dialled } = normalizeNumber(number, { ...numbering, normalize: true }, internal);
  const reason = verdict.kind === 'denied' ? verdict.reason : null;
  return {
    denied: policy.blocked ? 'dials_blocked' : reason,
    limits: verdict.kind === 'allowed' && verdict.service ? null : policy.limits,
    internal,
    destination: internal ? null : (e164 ?? dialled),
  };
}
