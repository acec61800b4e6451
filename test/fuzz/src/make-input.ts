import { makeFormInput, makeQueryInput } from './callback-inputs.ts';
import { makeFrameInput } from './frame-inputs.ts';
import type { HttpInput } from './http-input.ts';
import { makeJsonInput } from './json-inputs.ts';
import { makeJwtInput } from './jwt-inputs.ts';
import type { Known } from './known.ts';
import { makePathInput } from './path-inputs.ts';
import { createInputRandom, type Random } from './random.ts';
import type { SocketInput } from './socket-input.ts';
import type { TargetName } from './targets.ts';
import { makeXmlInput } from './xml-inputs.ts';

export type Input = HttpInput | SocketInput;

const MAKERS: Record<TargetName, (random: Random, known: Known) => Input> = {
  frames: makeFrameInput,
  form: makeFormInput,
  json: makeJsonInput,
  xml: makeXmlInput,
  query: makeQueryInput,
  paths: makePathInput,
  jwts: makeJwtInput,
};

/** The input of a number: it follows from the seed, the target and the number alone, but for times in tokens. */
export function makeInput(seed: number, target: TargetName, index: number, known: Known): Input {
  return MAKERS[target](createInputRandom(seed, target, index), known);
}
