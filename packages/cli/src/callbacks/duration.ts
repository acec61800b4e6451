import { UsageError } from '../usage-error.ts';

const UNIT_SEC = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
const LONGEST_SEC = 366 * 86_400;

export const OVERLAP_OPTION = {
  type: 'string',
  placeholder: 'TIME',
  help: 'how long what was there before goes on counting: 0s, 15m, 12h, 7d (default)',
} as const;

/** Seconds of `15m` and the like. @throws UsageError */
export function parseOverlap(text = '7d'): number {
  const [, digits = '', unit = ''] = /^(\d{1,7})([smhd])$/.exec(text) ?? [];
  const seconds = Number(digits) * (UNIT_SEC[unit as keyof typeof UNIT_SEC] ?? Number.NaN);
  if (digits === '' || !(seconds <= LONGEST_SEC)) {
    throw new UsageError('--overlap is a time such as 0s, 15m, 12h or 7d, a year at most.');
  }
  return seconds;
}
