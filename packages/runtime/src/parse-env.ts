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

/** A limit: a whole number, where 0 is none. */
export const upTo = () => z.coerce.number().int().min(0);

const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@\\]+$/;

/**
 * Origins of pages, exact, separated by commas, as browsers write them (threat 8): a trailing slash and the scheme's
 * own port are taken away. `*` stands for all, `null` (a sandboxed page's) is none.
 */
export const origins = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((list, context) => {
      const given = list.split(',').map((one) => one.trim().toLowerCase().replace(/\/$/, ''));
      return given
        .filter((origin) => origin !== '')
        .map((origin) => {
          if (origin === '*') return origin;
          if (!ORIGIN.test(origin)) {
            context.addIssue({
              code: 'custom',
              message: 'each is an origin such as https://crm.example, or *',
            });
          }
          return origin.replace(/^(https:.*):443$/, '$1').replace(/^(http:.*):80$/, '$1');
        });
    });

/** A secret that signs: too short ones are refused. */
export const signingSecret = () => z.string().min(32, 'must hold at least 32 characters');
