import { z } from 'zod';

/** The start of a number: `+351`, `+5511`, or as it is dialled, `0900` and `*21*`. */
const prefix = z
  .string()
  .regex(/^(?:\+[1-9][0-9]{0,14}|[0-9*#]{1,20})$/, 'the start of a number, such as +351, 0900 or *21*');
const prefixes = z.array(prefix).max(500);
const country = z.string().regex(/^\+[1-9][0-9]{0,14}$/, 'a country code such as +351');

/** What a tenant's agents may dial beyond, or less than, the defaults (threat 1). */
export const destinationsSchema = z.strictObject({
  /** Other countries: all, none, or those whose numbers begin so. */
  international: z.union([z.boolean(), z.array(country).max(300)]).optional(),
  /** Premium rate and satellite numbers. */
  premium: z.boolean().optional(),
  allow: prefixes.optional(),
  deny: prefixes.optional(),
});

/** The policy with every gap filled. */
export interface Destinations {
  international: boolean | readonly string[];
  premium: boolean;
  allow: readonly string[];
  deny: readonly string[];
}

const DEFAULT_DESTINATIONS: Destinations = { international: false, premium: false, allow: [], deny: [] };

/** Fills the gaps with the defaults, which deny what fraud is after. */
export function toDestinations(set: z.infer<typeof destinationsSchema>): Destinations {
  return {
    international: set.international ?? DEFAULT_DESTINATIONS.international,
    premium: set.premium ?? DEFAULT_DESTINATIONS.premium,
    allow: set.allow ?? DEFAULT_DESTINATIONS.allow,
    deny: set.deny ?? DEFAULT_DESTINATIONS.deny,
  };
}
