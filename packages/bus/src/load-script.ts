import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

/** A Lua script that lies in this package's `lua` folder, made a command of one connection. */
export type Script = (keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown>;

/**
 * Registers `lua/<name>.lua`; it is sent whole once and by its hash from then on.
 * @param preludes scripts whose functions it uses, laid in front of it: Redis has no `require`
 */
export function loadScript(redis: Redis, name: string, ...preludes: string[]): Script {
  const command = `ramal_${name.replaceAll('-', '_')}`;
  const lua = [...preludes, name]
    .map((file) => readFileSync(new URL(`../lua/${file}.lua`, import.meta.url), 'utf8'))
    .join('\n');
  redis.defineCommand(command, { lua });
  const run = (redis as unknown as Record<string, (...args: (string | number)[]) => Promise<unknown>>)[
    command
  ];
  if (run === undefined) throw new TypeError(`${name} was not registered`);
  return (keys, args) => run.call(redis, keys.length, ...keys, ...args);
}
