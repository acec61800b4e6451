import { parseTenant } from '../open-directory.ts';
import { UsageError } from '../usage-error.ts';

/** Which dead letters are meant. */
export const FILTER_OPTIONS = {
  tenant: { type: 'string', placeholder: 'TENANT', help: 'of this company, in its own database too' },
  reason: {
    type: 'string',
    placeholder: 'REASON',
    help: 'put aside for this, such as not_an_event, not_traces or not_json',
  },
  since: { type: 'string', placeholder: 'TIME', help: 'put aside not before, such as 2026-03-01T00:00:00Z' },
} as const;

export interface LetterFilter {
  tenant: string | undefined;
  reason: string | undefined;
  since: string | undefined;
}

/** @throws UsageError */
export function parseFilter(
  options: {
    [Name in keyof typeof FILTER_OPTIONS]?: string | undefined;
  },
): LetterFilter {
  const sinceMs = Date.parse(options.since ?? '');
  if (options.since !== undefined && Number.isNaN(sinceMs))
    throw new UsageError('a time is written as 2026-03-01T00:00:00Z.');
  return {
    tenant: options.tenant === undefined ? undefined : parseTenant(options.tenant),
    reason: options.reason,
    since: options.since === undefined ? undefined : new Date(sinceMs).toISOString(),
  };
}
