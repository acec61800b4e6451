import { z } from 'zod';

/** The environment does not hold what a service needs; `message` lists every variable at fault. */
export class ConfigInvalidError extends Error {
  readonly code = 'config_invalid';
}

/**
 * Reads a service's configuration from the environment, once, at start.
 * An empty variable counts as absent, so that `FOO=` in a compose file means "the default".
 * @throws ConfigInvalidError naming every variable that is missing or wrong, never its value
 */
export function parseEnv<Schema extends z.ZodObject>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>>,
): z.infer<Schema> {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    const name = issue.path.join('.');
    const about = schema.shape[name]?.description;
    return `  ${name}: ${issue.message}${about ? ` (${about})` : ''}`;
  });
  throw new ConfigInvalidError(`the environment is not complete:\n${lines.join('\n')}`);
}

/** `true`/`false`, `1`/`0`, `yes`/`no` and `on`/`off`. */
export const flag = () => z.stringbool();

/** A TCP port. */
export const port = () => z.coerce.number().int().min(0).max(65_535);

/** A whole number of milliseconds, at least 1. */
export const durationMs = () => z.coerce.number().int().min(1);

/** A whole number, at least 1. */
export const count = () => z.coerce.number().int().min(1);

/** A secret that signs: too short ones are refused. */
export const signingSecret = () => z.string().min(32, 'must hold at least 32 characters');

/** A key of 32 bytes, in base64. */
export const masterKey = () =>
  z
    .string()
    .transform((text) => Buffer.from(text, 'base64'))
    .refine((key) => key.length === 32, 'must be 32 bytes in base64: openssl rand -base64 32');
