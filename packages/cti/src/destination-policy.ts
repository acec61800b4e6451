import { type DialReason, stripPunctuation } from '@ramal/contracts';
import { classifyDestination, type DestinationClass } from './classify-destination.ts';
import type { Destinations } from './destination-settings.ts';
import { normalizeNumber, type NumberingSettings } from './normalize-number.ts';

export type DestinationReason = Extract<DialReason, `destination_${string}`>;

/** `service` marks police, ambulance and the like, which no limit holds up either. */
export type DestinationVerdict =
  | { kind: 'allowed'; service: boolean }
  | { kind: 'denied'; reason: DestinationReason };

export interface DestinationRules {
  numbering: NumberingSettings;
  /** Whether the number is one of the tenant's extensions (R33). */
  internal: boolean;
  destinations: Destinations;
  /** What goes before external numbers (R35); "" for nothing. */
  linePrefix?: string;
  /** Whether it is left out before numbers that begin with it. */
  skipIfPrefixed?: boolean;
}

const ALLOWED: DestinationVerdict = { kind: 'allowed', service: false };
const DENIED: DestinationVerdict = { kind: 'denied', reason: 'destination_denied' };

/** No extension is longer, whatever a tenant says of its own. */
const MOST_EXTENSION_DIGITS = 7;
/** Hides or shows the caller's number for one call, and is no feature that outlasts it. */
const CALLER_ID_CODE = /^[*#]31[*#]/;

/**
 * Whether a number may be dialled (threat 1): not premium rate, satellites, other countries or a PBX's feature codes
 * with a number in them, such as call forwarding, unless the tenant allows them. Every way in which a telephone system
 * might read the number is judged and the worst counts, whether or not the tenant has its numbers normalised; so what
 * is allowed in one spelling is denied in none, and the other way round. Never throws.
 */
export function judgeDestination(number: string, rules: DestinationRules): DestinationVerdict {
  const bare = stripPunctuation(number);
  const digits = bare.replace(/\D/g, '').length;
  if (rules.internal && digits <= MOST_EXTENSION_DIGITS) return ALLOWED;
  return /[*#]/.test(bare) ? judgeCode(bare, rules) : judgeDigits(bare, rules);
}

/** A PBX's or network's code with digits in it that no extension explains. */
function judgeCode(number: string, rules: DestinationRules): DestinationVerdict {
  const bare = number.replace(CALLER_ID_CODE, '').replace(/#$/, '');
  const listed = judgeByLists([number], rules.destinations);
  if (listed === 'denied') return DENIED;
  if (!/[*#]/.test(bare)) return judgeDigits(bare, rules);
  // `*21*4732100123#` sends whoever calls the extension from now on wherever it says.
  if (/^\+?[*#]/.test(bare) && listed === undefined) return DENIED;
  const runs = bare.split(/[*#+]+/).filter((run) => run !== '');
  // Between digits a `*` may be nothing to a PBX: `09*00123456`.
  const [first = ''] = runs;
  const joined = listed === undefined ? runs.join('') : runs.slice(1).join('');
  const all = runs.length > 1 && !classify(first, rules).home ? [...runs, joined] : runs;
  for (const run of all) {
    const verdict = judgeDigits(run, rules);
    if (verdict.kind === 'denied') return verdict;
  }
  return ALLOWED;
}

/** @param bare digits, with an optional leading `+` */
function judgeDigits(bare: string, rules: DestinationRules): DestinationVerdict {
  const own = classify(bare, rules);
  const { linePrefix = '', skipIfPrefixed = false } = rules;
  const isPrefixed = linePrefix !== '' && bare.startsWith(linePrefix);
  if (isPrefixed && skipIfPrefixed && own.reading.kind === 'unknown' && !own.premium) {
    return judgeDigits(bare.slice(linePrefix.length), { ...rules, linePrefix: '' });
  }
  const verdict = judgeClass(bare, own, rules.destinations);
  if (verdict.kind === 'denied' || own.service || own.home || own.reading.kind === 'premium') {
    return verdict.kind === 'denied' ? verdict : judgeWithPrefix(bare, verdict, rules);
  }
  // Somebody may have typed the outside line's prefix, too.
  if (isPrefixed) {
    const behind = judgeDigits(bare.slice(linePrefix.length), { ...rules, linePrefix: '' });
    if (behind.kind === 'denied' || behind.service) return behind;
  }
  return judgeWithPrefix(bare, verdict, rules);
}

/**
 * What goes to the CTI is the number as the tenant's plan writes it, behind the tenant's prefix. A PBX that knows no such
 * prefix reads both as one number. One that is the home country's without it is not made foreign by it.
 */
function judgeWithPrefix(
  bare: string,
  verdict: DestinationVerdict,
  rules: DestinationRules,
): DestinationVerdict {
  const { numbering, destinations, linePrefix = '' } = rules;
  const { home, service } = classify(bare, rules);
  if (service || !/^[0-9]*$/.test(linePrefix) || bare.startsWith('+')) return verdict;
  const { dialled } = normalizeNumber(bare, numbering, false);
  if (judgeByLists(toForms(bare, classify(bare, rules)), destinations) === 'allowed') return verdict;
  const together = linePrefix + dialled;
  if (together === bare) return verdict;
  const whole = classify(together, rules);
  const worst = home ? { ...whole, international: false } : whole;
  const judged = judgeClass(together, worst, destinations);
  return judged.kind === 'denied' ? judged : verdict;
}

function classify(bare: string, { numbering }: DestinationRules): DestinationClass {
  return classifyDestination(bare, numbering);
}

function judgeClass(bare: string, found: DestinationClass, destinations: Destinations): DestinationVerdict {
  if (found.service) return { kind: 'allowed', service: true };
  const listed = judgeByLists(toForms(bare, found), destinations);
  if (listed === 'denied') return DENIED;
  if (listed === 'allowed') return ALLOWED;
  if (found.premium && !destinations.premium) return { kind: 'denied', reason: 'destination_premium' };
  if (found.international && !isOpen(found.e164, destinations.international)) {
    return { kind: 'denied', reason: 'destination_international' };
  }
  return ALLOWED;
}

/** A number that may be read as one of several is open only where all of them are. */
function isOpen(e164: readonly string[], international: Destinations['international']): boolean {
  if (typeof international === 'boolean') return international;
  return e164.length > 0 && e164.every((number) => international.some((start) => number.startsWith(start)));
}

function toForms(bare: string, { e164, reading }: DestinationClass): string[] {
  return [bare, ...e164, ...(reading.national === null ? [] : [reading.national])];
}

/** The longest prefix on a list decides; with one on each that are equally long the number is denied. */
function judgeByLists(
  forms: readonly string[],
  { allow, deny }: Destinations,
): 'allowed' | 'denied' | undefined {
  const allowed = longest(forms, allow);
  const denied = longest(forms, deny);
  if (allowed === 0 && denied === 0) return undefined;
  return allowed > denied ? 'allowed' : 'denied';
}

function longest(forms: readonly string[], prefixes: readonly string[]): number {
  return prefixes.reduce(
    (most, prefix) => (forms.some((form) => form.startsWith(prefix)) ? Math.max(most, prefix.length) : most),
    0,
  );
}
