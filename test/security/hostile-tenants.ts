/** Pairs of companies whose names something might take for one another, or for more than a name (threat 6). */
export const HOSTILE_PAIRS: readonly (readonly [string, string])[] = [
  ['a', 'a:'],
  ['a:b', 'a%3Ab'],
  ['{p0}', '{p1}'],
  ['*', '**'],
  ['__proto__', 'constructor'],
  ['..', '../..'],
  [' a', ' a '],
  ["'; drop table calls; --", '"'],
  ['%', '%25'],
  ['%s', '%_'],
  ['ação', 'ac\u0327a\u0303o'],
  ['globex', 'globex:call'],
  ['A', 'á'],
  ['💥', '💥💥'],
  ['null', 'undefined'],
  ['[object Object]', '{}'],
  ['ramal:{p1}:call:x', 'ramal:{p1}:call'],
  ['\u202ea', '\u200ba'],
  ['\n', '\r\n'],
  ['toString', 'hasOwnProperty'],
];

/** Users of both companies. */
export const HOSTILE_USERS = ['ana', '__proto__'] as const;
