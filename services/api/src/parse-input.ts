import { WireError } from '@ramal/runtime';
import type { z } from 'zod';

const MOST_PROBLEMS = 10;

/**
 * Checks what a client sent, in code and whatever its content type, so that no trick of a header gets
 * around the schema.
 * @throws WireError bad_request that says in words what is wrong, without repeating any value
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, MOST_PROBLEMS).map(({ path, message }) => {
    const place = path.join('.');
    return place === '' ? message : `${place}: ${message}`;
  });
  throw new WireError('bad_request', problems.join('; '));
}
