import { z } from 'zod';

/** The only thing that ever reaches a CTI as a number (threat 1). */
export const DIALLABLE = /^\+?[0-9*#]{2,20}$/;

/** Takes out what people put between digits: blanks, `(`, `)`, `-` and `.` (R34). */
export function stripPunctuation(raw: string): string {
  return raw.replace(/[\s().-]/g, '');
}

/** What an agent or a CRM asks to dial: punctuation is stripped, the rest must be diallable. */
export const dialTarget = z
  .string()
  .max(64)
  .transform(stripPunctuation)
  .pipe(z.string().regex(DIALLABLE, 'a number holds 2 to 20 digits, * or #, with an optional leading +'));
