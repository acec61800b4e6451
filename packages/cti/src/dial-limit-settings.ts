import { z } from 'zod';

const most = z.number().int().min(1).max(1_000_000).optional();

/** How many dials a tenant allows within any minute and any hour. */
export const dialLimitsSchema = z.strictObject({
  agentPerMinute: most,
  agentPerHour: most,
  tenantPerMinute: most,
  tenantPerHour: most,
  /** To one number, by all of the tenant's agents. */
  destinationPerMinute: most,
  destinationPerHour: most,
});

/** The limits with every gap filled. */
export type DialLimits = { [Key in keyof z.infer<typeof dialLimitsSchema>]-?: number };

/** What people who call by hand never reach, 200 of them in one company neither (threat 1). */
const DEFAULT_DIAL_LIMITS: DialLimits = {
  agentPerMinute: 30,
  agentPerHour: 600,
  tenantPerMinute: 600,
  tenantPerHour: 20_000,
  destinationPerMinute: 10,
  destinationPerHour: 60,
};

/** Fills the gaps with the defaults. */
export function toDialLimits(set: z.infer<typeof dialLimitsSchema>): DialLimits {
  const given = Object.entries(set).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_DIAL_LIMITS, ...(Object.fromEntries(given) as Partial<DialLimits>) };
}
