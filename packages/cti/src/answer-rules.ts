import { type DialReason, dialReason } from '@ramal/contracts';
import { z } from 'zod';
import { UNSAFE_TEXT } from './column-text.ts';

/** What a CTI's answer can say about a dial, of all the reasons there are. */
const answerReason = dialReason.extract([
  'number_rejected',
  'ramal_offline',
  'ramal_busy',
  'cti_rejected',
  'cti_auth_failed',
  'cti_busy',
]);
export type AnswerReason = z.infer<typeof answerReason> & DialReason;

const literalText = z.string().max(200);

/**
 * Where the CTI's id of the call stands in its answer (setting `answerId`): in JSON, in a header, or between two texts,
 * of which an empty `before` is the body's start and an empty `after` the end of the line. The texts are literal, and
 * there are no regular expressions on purpose: one company's could, by mistake or not, take exponential time over an
 * answer and stop every dial of the process.
 */
export const answerIdRule = z.union([
  z.literal(''),
  z.strictObject({
    pointer: z
      .string()
      .max(200)
      .regex(/^(?:\/(?:[^~/]|~[01])*)+$/, 'a JSON pointer, such as /call/id'),
  }),
  z.strictObject({
    header: z
      .string()
      .max(100)
      .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'the name of a header, such as x-call-id'),
  }),
  z.strictObject({ before: literalText, after: literalText }),
]);
export type AnswerIdRule = z.infer<typeof answerIdRule>;

/** What texts in the CTI's answer mean (setting `answerReasons`): `{"ramal fora do ar": "ramal_offline"}`. */
export const answerReasonTexts = z
  .record(
    z
      .string()
      .max(200)
      .refine(
        (text) => !UNSAFE_TEXT.test(text) && foldText(text).length >= 2,
        'a text of 2 to 200 characters',
      ),
    answerReason,
  )
  .refine((texts) => Object.keys(texts).length <= 100, 'at most 100 texts');

/** How a tenant's CTI answers a dial, beyond its status; JSON-safe. */
export interface AnswerRules {
  id: AnswerIdRule;
  /** Texts as `foldText` makes them, the longest first. */
  reasons: readonly (readonly [text: string, reason: AnswerReason])[];
}

/**
 * The settings, ready to be used. Of several texts that an answer holds the longest counts, for it says most: the order
 * in which they were written down is not kept by the database.
 */
export function toAnswerRules(settings: {
  answerId: AnswerIdRule;
  answerReasons: z.infer<typeof answerReasonTexts>;
}): AnswerRules {
  const folded = Object.entries(settings.answerReasons).map(
    ([text, reason]) => [foldText(text), reason] as const,
  );
  const reasons = folded.sort(([a], [b]) => b.length - a.length || (a < b ? -1 : 1));
  return { id: settings.answerId, reasons };
}

/** As texts are compared: without case, accents and differences in white space. */
export function foldText(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/g, ' ').trim();
}
