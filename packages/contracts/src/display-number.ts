/** How people in Brazil write their numbers; +55 numbers of any other shape keep their E.164. */
const BRAZILIAN: readonly (readonly [RegExp, string])[] = [
  [/^\+55([1-9]{2})(\d{4,5})(\d{4})$/, '($1) $2-$3'],
  [/^\+55([3589]0\d)(\d{2,3})(\d{4})$/, '0$1 $2 $3'],
  [/^\+55(\d{4})(\d{4})$/, '$1-$2'],
];

/** A number in E.164 as a person reads it best: Brazilian ones in the national way, others as they are. */
export function toDisplayNumber(e164: string): string {
  const [pattern, written] = BRAZILIAN.find(([shape]) => shape.test(e164)) ?? [];
  return pattern === undefined || written === undefined ? e164 : e164.replace(pattern, written);
}
