/** What a number reaches. `premium` holds all that cost the caller more than a call: 0300, 0500, 0900 (threat 1). */
export type NumberKind =
  | 'internal'
  | 'public_service'
  | 'toll_free'
  | 'shared_cost'
  | 'premium'
  | 'mobile'
  | 'landline'
  | 'international'
  | 'unknown';

/** What was done to a number, or why it was left alone; never holds the number (I8). */
export type NumberNote =
  | 'area_code_added'
  | 'area_code_missing'
  | 'ninth_digit_added'
  | 'trunk_zero_removed'
  | 'carrier_code_removed'
  | 'carrier_code_added'
  | 'country_code_removed'
  | 'collect_call'
  | 'ambiguous';

/** A number as a numbering plan reads it. */
export interface NumberReading {
  kind: NumberKind;
  e164: string | null;
  /** As dialled from inside the tenant's country; null leaves it as it was given. */
  national: string | null;
  notes: readonly NumberNote[];
}
