/** Codes of what can be wrong, or worth knowing, about a configuration; stable. */
export const CTI_NOTICE_CODES = [
  'missing',
  'control_character',
  'not_text',
  'unknown_auth_mode',
  'unsupported_cti_type',
  'bad_protocol',
  'bad_host',
  'bad_port',
  'bad_path',
  'bad_flag',
  'bad_line_number',
  'bad_method',
  'bad_variable_name',
  'duplicate_variable_name',
  'received_name_assumed',
  'line_columns_ignored',
] as const;

export type CtiNoticeCode = (typeof CTI_NOTICE_CODES)[number];

/** Why one column's value can't be used. The message never repeats the value: a path may hold a key. */
export class FieldProblem {
  readonly code: CtiNoticeCode;
  readonly message: string;

  constructor(code: CtiNoticeCode, message: string) {
    this.code = code;
    this.message = message;
  }
}

/** Control characters and halves of surrogate pairs: nothing a URL, a header or a name may hold (threat 10). */
export const UNSAFE_TEXT = /[\p{Cc}\p{Cs}]/u;

/** A column's value as trimmed text; "" when blank, a problem when it isn't text at all. */
export function toColumnText(value: unknown): string | FieldProblem {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'bigint') return String(value);
  // A port printed as 8.080 and read as a number has already lost its zero: nothing to guess from.
  if (typeof value === 'number' && Number.isInteger(value)) return String(value);
  if (typeof value !== 'string') return new FieldProblem('not_text', 'must be text or a whole number');
  if (UNSAFE_TEXT.test(value)) {
    return new FieldProblem('control_character', 'holds a line break or another control character');
  }
  return value.trim();
}

/** Whether a 0/1 column is 1; anything else is off. */
export function isOn(value: unknown): boolean {
  return toColumnText(value) === '1';
}

export function isBlank(value: unknown): boolean {
  return toColumnText(value) === '';
}
