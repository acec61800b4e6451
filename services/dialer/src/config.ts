import { outboundEnv } from '@ramal/outbound';
import { commonEnv, count, durationMs, upTo } from '@ramal/runtime';
import { z } from 'zod';

/** The environment of the dialer. */
export const configSchema = z.object({
  ...commonEnv,
  ...outboundEnv,
  DIALER_CONCURRENCY: count()
    .default(1_000)
    .describe('Dials one process works on at a time; each is little more than a connection'),
  DIALER_WAIT_REPLICAS: upTo()
    .default(1)
    .describe(
      'How many replicas of Redis must have the record that a dial is sent before it is; with fewer, all there are. 0: none',
    ),
  DIALER_CONNECT_TIMEOUT_MS: durationMs()
    .default(3_000)
    .describe('Longest wait for a connection to a CTI, TLS included'),
});

export type Config = z.infer<typeof configSchema>;
