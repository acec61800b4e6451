import { commonEnv, count, durationMs, flag, port } from '@ramal/runtime';
import { z } from 'zod';

/** The environment of the webhook service. */
export const configSchema = z.object({
  ...commonEnv,
  WEBHOOK_HOST: z.string().default('127.0.0.1').describe('Address CTIs call back to'),
  WEBHOOK_PORT: port().default(4200).describe('Port CTIs call back to'),
  WEBHOOK_MAX_BODY_BYTES: count()
    .default(64 * 1024)
    .describe('Largest callback body; XML may hold 256 KiB'),
  WEBHOOK_REQUEST_TIMEOUT_MS: durationMs()
    .default(10_000)
    .describe('Longest time a CTI may take to send a request, in ms; it is cut off then'),
  WEBHOOK_DRAIN_MS: durationMs()
    .default(500)
    .describe(
      'How long a stop goes on answering, with the word to connect elsewhere, before connections end',
    ),
  WEBHOOK_TRUSTED_PROXIES: z.coerce
    .number()
    .int()
    .min(0)
    .max(10)
    .default(0)
    .describe('Proxies in front of the webhook whose X-Forwarded-For tells who calls; 0 believes none'),
  WEBHOOK_MAX_CONNECTIONS: count()
    .default(20_000)
    .describe('Open connections of one webhook process; more are closed'),
  WEBHOOK_MAX_CONNECTIONS_PER_ADDRESS: count()
    .default(5_000)
    .describe('Open connections of one address; does not count behind trusted proxies'),
  WEBHOOK_ADDRESS_RATE: count()
    .default(50_000)
    .describe('Requests a second of one address at one process, bursts of twice as many; more get 503'),
  WEBHOOK_TENANT_RATE: count()
    .default(20_000)
    .describe('Callbacks a second of one company at one process, bursts of twice as many; more get 503'),
  WEBHOOK_TENANT_CONCURRENCY: count()
    .default(100)
    .describe('Callbacks of one company that one process works on at once; more wait'),
  WEBHOOK_TENANT_QUEUE: count()
    .default(5_000)
    .describe('Callbacks of one company that may wait at one process, 4 s each at most; more get 503'),
  WEBHOOK_TRIES_PER_ADDRESS: count()
    .default(20)
    .describe(
      'Unknown tokens and passwords of one address that are looked into a second, bursts of five times as many',
    ),
  WEBHOOK_JOURNAL: flag()
    .default(true)
    .describe('Keep callbacks on the disk too, and answer them from there while Redis is away'),
  WEBHOOK_JOURNAL_DIR: z
    .string()
    .default('data/webhook-journal')
    .describe('Folder of the journal, on a disk that stays; any number of webhooks of a machine share it'),
  WEBHOOK_JOURNAL_MAX_BYTES: count()
    .default(256 * 1024 * 1024)
    .describe('Most bytes of the journal of one webhook process; about 1 KiB a callback'),
  WEBHOOK_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Address of the webhook as callers know it, for the WSDL; else http:// and the Host they name'),
});

export type Config = z.infer<typeof configSchema>;
