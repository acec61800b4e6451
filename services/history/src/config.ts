import { commonEnv, count, durationMs } from '@ramal/runtime';
import { z } from 'zod';

const days = () => z.coerce.number().int().min(0).max(36_500).default(0);

/** The environment of the history service. */
export const configSchema = z.object({
  ...commonEnv,
  HISTORY_BATCH: count().max(5_000).default(500).describe('Most events stored in one transaction'),
  HISTORY_GATHER_MS: durationMs()
    .max(5_000)
    .default(200)
    .describe(
      'Events that follow one another are gathered for so long, up to four times where many come, and stored together',
    ),
  HISTORY_RECLAIM_AFTER_MS: durationMs()
    .min(13_000, 'must exceed the longest transaction (12 s)')
    .default(15_000)
    .describe("How long a dead worker's events wait before another one takes them over"),
  HISTORY_PARTITION_MONTHS: count()
    .max(24)
    .default(3)
    .describe('Months for which tables are made ahead of time'),
  HISTORY_RETENTION_DAYS: days().describe(
    'Days after which calls are removed, where a company has not set retentionDays; 0 keeps them for ever',
  ),
  HISTORY_RECORDING_RETENTION_DAYS: days().describe(
    'The same of the links to recordings, where a company has not set recordingRetentionDays',
  ),
});

export type Config = z.infer<typeof configSchema>;
