import { readFileSync, statSync } from 'node:fs';
import { parseHostsFile } from './parse-hosts-file.ts';

/** How long a look at the file's date counts, in ms. */
const LOOK_EVERY_MS = 5_000;

/**
 * The system's own names, which DNS knows nothing of: `(name) => addresses`, empty for a name that is not there. The
 * file is read when it has changed; one that can't be read is empty. Read in one go on purpose: it is small, local, and
 * looked at every few seconds at most, while the pool for other reads may be full of somebody's slow look-ups.
 * @param now a clock that only goes forward, ms
 */
export function createHostsFile(
  path = process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts',
  now: () => number = () => performance.now(),
): (name: string) => readonly string[] {
  let names: ReadonlyMap<string, readonly string[]> = new Map();
  let lookAgainAt = Number.NEGATIVE_INFINITY;
  let version = '';
  const look = (): void => {
    lookAgainAt = now() + LOOK_EVERY_MS;
    try {
      const { mtimeMs, size, ino } = statSync(path);
      const seen = `${mtimeMs} ${size} ${ino}`;
      if (seen === version) return;
      names = parseHostsFile(readFileSync(path, 'utf8'));
      version = seen;
    } catch {
      // No file, no names.
      names = new Map();
      version = '';
    }
  };
  return (name) => {
    if (now() >= lookAgainAt) look();
    return names.get(name) ?? [];
  };
}
