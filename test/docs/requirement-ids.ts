/** The manual's requirements: R1 to this one. */
const LAST = 47;

export const REQUIREMENT_IDS: readonly string[] = Array.from({ length: LAST }, (_, index) => `R${index + 1}`);

const ID_OR_RANGE = /\bR(\d{1,2})(?:\s?[-–]\s?R(\d{1,2}))?\b/g;

/**
 * The requirement ids a text names. A range such as `R15-R20` names each of its ids; one of more ids than `longestRange`
 * names none.
 */
export function findRequirementIds(text: string, longestRange = LAST): Set<string> {
  const ids = new Set<string>();
  for (const [, from, to = from] of text.matchAll(ID_OR_RANGE)) {
    const [first, last] = [Number(from), Number(to)];
    if (last - first >= longestRange) continue;
    for (let id = first; id <= last; id++) ids.add(`R${id}`);
  }
  return ids;
}

const QUOTED = String.raw`'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|` + '`(?:\\\\.|[^`\\\\])*`';
/** A title is the first of several arguments of `test(`, `it.skipIf(…)(`, `describe.each(…)(` and their like. */
const TITLE = new RegExp(String.raw`(?:\b(?:test|it|describe)(?:\.\w+)*|\))\(\s*(${QUOTED})\s*,`, 'g');

/** The titles in a test file's source, with their quotes. */
export function findTestTitles(source: string): string[] {
  return Array.from(source.matchAll(TITLE), ([, title]) => title ?? '');
}
