import { createRequire } from 'node:module';
import type * as Uws from 'uws-modern';

const require = createRequire(import.meta.url);

/**
 * The build of uWebSockets.js that runs here; the same two that the gateway tries.
 * @throws Error when none does
 */
export function loadUws(): typeof Uws {
  const failures: string[] = [];
  for (const name of ['uws-modern', 'uws-debian12']) {
    try {
      return require(name) as typeof Uws;
    } catch (error) {
      failures.push(`${name}: ${String(error).split('\n')[0]}`);
    }
  }
  throw new Error(`no build of uWebSockets.js runs here: ${failures.join('; ')}`);
}
