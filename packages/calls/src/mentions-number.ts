import { ERASED } from '@ramal/contracts';
import { isSameNumber } from './same-number.ts';

/** Digits with what people, file names and URLs put between them. */
const RUN = /\d+(?:(?:%20|[\s().\-/_+])+\d+)*/g;
const BETWEEN = /(?:%20|[\s().\-/_+])+/;
/** Parts of one number, at most: `+55 (47) 9 9999-1234` has five, and a date may stand beside it. */
const MOST_PARTS = 12;

/** Does a free text hold a number, in whatever spelling, also beside other digits? Names of far ends are no numbers. */
export function mentionsNumber(text: string, number: string): boolean {
  if (/\p{L}/u.test(number)) return text === number;
  return Array.from(text.normalize('NFKC').matchAll(RUN)).some(([run]) => isOrHolds(run, number));
}

/** A free text without a number, and without the digits that stand right beside it. */
export function withoutNumber(text: string, number: string): string {
  if (/\p{L}/u.test(number)) return text.replaceAll(JSON.stringify(number), JSON.stringify(ERASED));
  return text.normalize('NFKC').replace(RUN, (run) => (isOrHolds(run, number) ? ERASED : run));
}

function isOrHolds(run: string, number: string): boolean {
  const parts = run.split(BETWEEN).slice(0, MOST_PARTS);
  return parts.some((_, from) =>
    parts.some((__, to) => to >= from && isSameNumber(parts.slice(from, to + 1).join(''), number)),
  );
}
