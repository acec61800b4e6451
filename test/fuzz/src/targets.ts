/** What is fuzzed, in the order it is done in. */
export const TARGETS = ['frames', 'form', 'json', 'xml', 'query', 'paths', 'jwts'] as const;
export type TargetName = (typeof TARGETS)[number];
