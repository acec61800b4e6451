import { callResult, ramal } from '@ramal/contracts';
import { z } from 'zod';
import { answerIdRule, answerReasonTexts } from './answer-rules.ts';
import { FieldProblem, UNSAFE_TEXT } from './column-text.ts';
import { readVariableName } from './cti-fields.ts';
import { type Destinations, destinationsSchema, toDestinations } from './destination-settings.ts';
import { type DialLimits, dialLimitsSchema, toDialLimits } from './dial-limit-settings.ts';
import type { NumberingSettings } from './normalize-number.ts';
import { isNumberingCountry } from './world-number.ts';

const variableName = z
  .string()
  .refine(
    (name) => !UNSAFE_TEXT.test(name) && !(readVariableName(name) instanceof FieldProblem),
    'a variable name holds 1 to 64 characters, no blanks, and is no reserved word',
  );

/** Field by field, what a tenant may set beyond the manual's two tables. */
const ctiSettingsFields = z.object({
  /** R33: numbers of at most this many digits are internal. */
  ramalMaxDigits: z.number().int().min(1).max(20).optional(),
  /** R35: leave a number alone that already starts with the prefix. */
  skipIfPrefixed: z.boolean().optional(),
  /** Callback variables the manual doesn't have. */
  externalIdName: variableName.optional(),
  statusName: variableName.optional(),
  durationName: variableName.optional(),
  timeName: variableName.optional(),
  /**
   * The variable of a dial's URL by which the CTI is given our call id, and of its callbacks by which it sends it back;
   * "" where the CTI can't.
   */
  callIdName: z.union([variableName, z.literal('')]).optional(),
  /** Extensions that ring together for one call, where the CTI's callbacks have no call id that would tell. */
  ringGroups: z
    .array(z.array(ramal).min(2, 'a ring group has two extensions at least').max(50))
    .max(100)
    .optional(),
  /** What a CTI is answered after its callback is stored; some PBXs demand a certain text. */
  replyBody: z.string().max(4096).optional(),
  replyContentType: z
    .string()
    .max(128)
    .regex(/^[\w.+-]+\/[\w.+-]+(?:; ?[\w-]+=[\w.:-]+)*$/, 'a content type, such as text/plain; charset=utf-8')
    .optional(),
  /** The CTI's statuses in our terms, over the built-in ones. */
  statusMap: z
    .record(z.string().min(1).max(64), callResult)
    .refine((map) => Object.keys(map).length <= 200, 'at most 200 statuses')
    .optional(),
  /** R34: the opt-in to number normalisation; the four below count only with it. */
  normalize: z.boolean().optional(),
  /** Whose numbering plan numbers without a country code follow, as ISO 3166. */
  country: z.string().refine(isNumberingCountry, 'two capital letters of a country, such as BR').optional(),
  /** Brazil: the company's own DDD, for numbers written without one; "" for none. */
  areaCode: z
    .string()
    .regex(/^(?:[1-9]{2})?$/, 'a DDD is two digits, 1 to 9')
    .optional(),
  /** Brazil: the carrier chosen for long distance and abroad, such as 15; "" for none. */
  carrierCode: z
    .string()
    .regex(/^(?:[1-9][0-9])?$/, 'a carrier code is two digits')
    .optional(),
  /** How external numbers are dialled. */
  dialFormat: z.enum(['national', 'as_given', 'e164']).optional(),
  /** A call of which nothing more was told for so many minutes is closed with the result `unknown`. */
  maxCallMinutes: z.number().int().min(1).max(600).optional(),
  /** Calls older than so many days are removed; 0 keeps them for ever, whatever the installation's default is. */
  retentionDays: z.number().int().min(0).max(36_500).optional(),
  /** The same of the links to their recordings, which may go earlier. */
  recordingRetentionDays: z.number().int().min(0).max(36_500).optional(),
  /** Where the answer to a dial holds the CTI's own id of the call; "" for nowhere. */
  answerId: answerIdRule.optional(),
  /** What texts in the answer to a dial mean, whatever its status. */
  answerReasons: answerReasonTexts.optional(),
  /** Statuses by which the CTI says that it placed no call now and may be asked again (I1). */
  notPlacedStatuses: z.array(z.number().int().min(400).max(599)).max(20).optional(),
  /** The CTI places one call however often it is asked with the same `callIdName` (I1). */
  originateIdempotent: z.boolean().optional(),
  /** Where the tenant's agents may call, and where not (threat 1). */
  destinations: destinationsSchema.optional(),
  /** How often they may, where the defaults don't fit. */
  dialLimits: dialLimitsSchema.optional(),
  /** The kill switch: no dial is placed. */
  dialsBlocked: z.boolean().optional(),
  /** Most dials under way at the CTI at a time, by all dialers together. */
  maxConcurrentDials: z.number().int().min(1).max(200).optional(),
  /** The CTI's pace in the long run; twice as many may come at once after a rest. */
  maxDialsPerSecond: z.number().min(0.1).max(200).optional(),
});

const ctiSettings = ctiSettingsFields.refine(
  ({ originateIdempotent, callIdName = '' }) => originateIdempotent !== true || callIdName !== '',
  { path: ['originateIdempotent'], message: 'needs callIdName: the CTI must be told which dial it is' },
);

/** A tenant's optional settings beyond the manual's tables; everything has a default. */
export type CtiSettings = z.infer<typeof ctiSettings>;

/** Settings with every gap filled. */
export type CompleteCtiSettings = { [Key in keyof CtiSettings]-?: NonNullable<CtiSettings[Key]> };

/** The settings where nothing was set. */
export const DEFAULT_CTI_SETTINGS: CompleteCtiSettings = {
  ramalMaxDigits: 5,
  skipIfPrefixed: false,
  externalIdName: 'id',
  statusName: 'status',
  durationName: 'duracao',
  timeName: 'data_hora',
  callIdName: '',
  ringGroups: [],
  replyBody: 'ok',
  replyContentType: 'text/plain; charset=utf-8',
  statusMap: {},
  normalize: false,
  country: 'BR',
  areaCode: '',
  carrierCode: '',
  dialFormat: 'national',
  maxCallMinutes: 240,
  retentionDays: 0,
  recordingRetentionDays: 0,
  answerId: '',
  answerReasons: {},
  notPlacedStatuses: [],
  originateIdempotent: false,
  destinations: {},
  dialLimits: {},
  dialsBlocked: false,
  maxConcurrentDials: 10,
  maxDialsPerSecond: 10,
};

/** Fills the gaps with the defaults. */
export function completeCtiSettings(settings: CtiSettings): CompleteCtiSettings {
  const set = Object.entries(settings).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_CTI_SETTINGS, ...(Object.fromEntries(set) as Partial<CompleteCtiSettings>) };
}

/** The part that decides how numbers are read and written (R34). */
export function toNumberingSettings(settings: CtiSettings): NumberingSettings {
  const { normalize, country, areaCode, carrierCode, dialFormat, ramalMaxDigits } =
    completeCtiSettings(settings);
  return { normalize, country, areaCode, carrierCode, dialFormat, ramalMaxDigits };
}

/** The extensions that ring together with each one, itself among them. */
export function toRingGroups(settings: CtiSettings): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const group of completeCtiSettings(settings).ringGroups) {
    for (const member of group) groups.set(member, [...(groups.get(member) ?? []), ...group]);
  }
  return groups;
}

/** How long a call stays open after the last word on it, in ms. */
export function toMaxCallMs(settings: CtiSettings): number {
  return completeCtiSettings(settings).maxCallMinutes * 60_000;
}

/** How many days calls and the links to their recordings are kept; null for ever. */
export interface Retention {
  days: number | null;
  recordingDays: number | null;
}

/** @param defaults of the installation, where the tenant has set nothing */
export function toRetention(settings: CtiSettings, defaults: Retention): Retention {
  const { retentionDays, recordingRetentionDays } = settings;
  return {
    days: retentionDays === undefined ? defaults.days : retentionDays || null,
    recordingDays:
      recordingRetentionDays === undefined ? defaults.recordingDays : recordingRetentionDays || null,
  };
}

/** What the tenant's CTI is asked to bear. */
export function toCtiLimits(
  settings: CtiSettings,
): Pick<CompleteCtiSettings, 'maxConcurrentDials' | 'maxDialsPerSecond'> {
  const { maxConcurrentDials, maxDialsPerSecond } = completeCtiSettings(settings);
  return { maxConcurrentDials, maxDialsPerSecond };
}

/** What a tenant lets its agents dial, and how often (threat 1). */
export interface DialPolicy {
  destinations: Destinations;
  limits: DialLimits;
  /** Nothing at all. */
  blocked: boolean;
}

export function toDialPolicy(settings: CtiSettings): DialPolicy {
  const { destinations, dialLimits, dialsBlocked } = completeCtiSettings(settings);
  return {
    destinations: toDestinations(destinations),
    limits: toDialLimits(dialLimits),
    blocked: dialsBlocked,
  };
}

/** Thrown for settings that don't parse; `problems` name the fields, never their values. */
export class CtiSettingsInvalidError extends Error {
  readonly code = 'cti_settings_invalid';
  readonly problems: readonly { field: string; message: string }[];

  constructor(problems: readonly { field: string; message: string }[]) {
    super(`invalid CTI settings: ${problems.map(({ field }) => field).join(', ')}`);
    this.name = 'CtiSettingsInvalidError';
    this.problems = problems;
  }
}

/**
 * Parses stored or submitted settings; null and undefined are no settings. Keys of a newer version are dropped.
 * @throws CtiSettingsInvalidError
 */
export function parseCtiSettings(input: unknown): CtiSettings {
  const parsed = ctiSettings.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  throw new CtiSettingsInvalidError(
    parsed.error.issues.map(({ path, message }) => ({
      field: path.length > 0 ? String(path[0]) : 'settings',
      message,
    })),
  );
}
