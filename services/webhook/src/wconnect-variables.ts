import type { CallbackMapping } from '@ramal/cti';
import type { Variable } from './read-variables.ts';
import { CALL_NAMES, type CallField, type Parameter, PARAMETER_NAMES } from './wconnect-names.ts';

const CALL_FIELDS = Object.keys(CALL_NAMES) as CallField[];
const MOST_VALUES = 4;

/** All that was given for a parameter, blanks left out. */
export function readParameter(variables: readonly Variable[], parameter: Parameter): string[] {
  const names: readonly string[] = PARAMETER_NAMES[parameter];
  return variables
    .filter(([name]) => names.includes(name.toLowerCase()))
    .map(([, value]) => value.trim())
    .filter((value) => value !== '')
    .slice(0, MOST_VALUES);
}

/** Does a request tell of a call, or only ask about an extension (R38)? A tenant may call one end `ramal`. */
export function tellsOfCall(mapping: CallbackMapping, variables: readonly Variable[]): boolean {
  const ramalNames: readonly string[] = PARAMETER_NAMES.ramal;
  const ends = (['originName', 'destinationName'] as const).flatMap((field) => toNames(mapping, field));
  return variables.some(
    ([name, value]) =>
      value.trim() !== '' && ends.includes(name.toLowerCase()) && !ramalNames.includes(name.toLowerCase()),
  );
}

/**
 * The variables as the tenant's callbacks name them. What addresses the request is left out, and an extension that
 * is given beside one end of the call is its other end.
 */
export function toCallVariables(mapping: CallbackMapping, variables: readonly Variable[]): Variable[] {
  const own = new Set(CALL_FIELDS.map((field) => mapping[field].toLowerCase()));
  const aliases = new Set(CALL_FIELDS.flatMap((field) => toNames(mapping, field)));
  const addresses = new Set<string>(Object.values(PARAMETER_NAMES).flat());
  const kept = variables.filter(([name]) => {
    const lower = name.toLowerCase();
    return own.has(lower) || (!aliases.has(lower) && !addresses.has(lower));
  });
  const read = (field: CallField) => findValue(variables, toNames(mapping, field));
  const named = CALL_FIELDS.flatMap((field): Variable[] => {
    const value = read(field);
    return value === undefined ? [] : [[mapping[field], value]];
  });
  return [...named, ...toOtherEnd(mapping, variables, read), ...kept];
}

function toOtherEnd(
  mapping: CallbackMapping,
  variables: readonly Variable[],
  read: (field: CallField) => string | undefined,
): Variable[] {
  const [ramal] = readParameter(variables, 'ramal');
  const [origin, destination] = [read('originName'), read('destinationName')];
  if (ramal === undefined || origin === ramal || destination === ramal) return [];
  if (origin !== undefined && destination === undefined) return [[mapping.destinationName, ramal]];
  if (destination !== undefined && origin === undefined) return [[mapping.originName, ramal]];
  return [];
}

/** The tenant's name first; an inferred one that the tenant uses for something else is not read. */
function toNames(mapping: CallbackMapping, field: CallField): string[] {
  const own = CALL_FIELDS.map((other) => mapping[other].toLowerCase());
  return [mapping[field].toLowerCase(), ...CALL_NAMES[field].filter((name) => !own.includes(name))];
}

function findValue(variables: readonly Variable[], names: readonly string[]): string | undefined {
  for (const wanted of names) {
    const found = variables.find(([name, value]) => name.toLowerCase() === wanted && value.trim() !== '');
    if (found !== undefined) return found[1];
  }
  return undefined;
}
