import { z } from 'zod';
import { intentId, tenantId } from './ids.ts';

/** A job of the dial queue: ids only, because job data lies in Redis as clear text. */
export const dialJob = z.object({ tenant: tenantId, intentId });
export type DialJob = z.infer<typeof dialJob>;
