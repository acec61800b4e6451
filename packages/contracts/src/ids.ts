import { z } from 'zod';
import { isStorableText, UNSTORABLE } from './storable-text.ts';

/** A tenant's name, as `wl_chamados_empresa.tenant` holds it. Hostile characters are legal here; names.ts escapes them. */
export const tenantId = z.string().min(1).max(128).refine(isStorableText, UNSTORABLE);

/** A CRM user's login, unique within the tenant. */
export const userId = z.string().min(1).max(128).refine(isStorableText, UNSTORABLE);

/** An extension (R33): digits, `*` and `#`. */
export const ramal = z.string().regex(/^[0-9*#]{1,20}$/, 'an extension holds 1 to 20 digits, * or #');

/** The client's idempotency key of one click; 24 h of memory (I1). */
export const intentId = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,64}$/, 'an intentId holds 1 to 64 letters, digits or . _ : -');

/** Ours: a UUIDv7, time-ordered; its time is the partition column in PostgreSQL. */
export const callId = z.uuid();

/** The CTI's own call id, as it sends it. */
export const externalCallId = z.string().min(1).max(200);

/** Milliseconds since the Unix epoch. */
export const epochMs = z.number().int().nonnegative();
