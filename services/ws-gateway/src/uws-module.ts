import { createRequire } from 'node:module';
import type * as Uws from 'uws-modern';

export type UwsModule = typeof Uws;

const require = createRequire(import.meta.url);

/** Republications of the authors' binaries, best first; see package.json for what each is pinned to. */
const CANDIDATES = ['uws-modern', 'uws-debian12'];

/** The authors' own switch, in both builds: without it each answer names the library and its version in a header. */
const NO_MARK = '999999990007';

/**
 * Loads the build of uWebSockets.js that runs on this machine.
 * `native` is false when only a slow JavaScript stand-in of it does.
 * @throws listing why each one failed
 */
export function loadUws(): { uws: UwsModule; name: string; native: boolean } {
  const failures: string[] = [];
  for (const name of CANDIDATES) {
    try {
      const uws = require(name) as UwsModule & { _cfg?(key: string): void };
      uws._cfg?.(NO_MARK);
      // The stand-in is plain JavaScript; the binary's functions say so of themselves.
      return { uws, name, native: Function.prototype.toString.call(uws.App).includes('[native code]') };
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
    }
  }
  throw new Error(
    `no build of uWebSockets.js runs here (Node 20 or later on Linux glibc or macOS):\n${failures.join('\n')}`,
  );
}
