import { commonEnv, count, port } from '@ramal/runtime';
import { z } from 'zod';

/** The environment of the webhook service. */
export const configSchema = z.object({
  ...commonEnv,
  WEBHOOK_HOST: z.string().default('127.0.0.1').describe('Address CTIs call back to'),
  WEBHOOK_PORT: port().default(4200).describe('Port CTIs call back to'),
  WEBHOOK_MAX_BODY_BYTES: count()
    .default(64 * 1024)
    .describe('Largest callback body; XML may hold 256 KiB'),
  WEBHOOK_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Address of the webhook as callers know it, for the WSDL; else http:// and the Host they name'),
});

export type Config = z.infer<typeof configSchema>;
