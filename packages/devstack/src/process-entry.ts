import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { REPO_ROOT } from './stack-home.ts';

/**
 * The program of a process: its bundle (`scripts/bundle.mjs`), which is up in a third of the time, unless something was
 * compiled since it was made; then what was compiled.
 * @param folder of the package, from the checkout's root
 */
export function toEntry(folder: string): string {
  const bundle = join(REPO_ROOT, folder, 'dist', 'bundle.mjs');
  const isFresh = existsSync(bundle) && statSync(bundle).mtimeMs > lastCompiledMs();
  return isFresh ? bundle : join(REPO_ROOT, folder, 'dist', 'main.js');
}

/** tsc touches a project's stamp whenever it writes anything of it. */
function lastCompiledMs(): number {
  const stamps = ['packages', 'services'].flatMap((parent) =>
    readdirSync(join(REPO_ROOT, parent)).map((name) => join(REPO_ROOT, parent, name, 'dist', '.tsbuildinfo')),
  );
  return Math.max(0, ...stamps.filter((stamp) => existsSync(stamp)).map((stamp) => statSync(stamp).mtimeMs));
}
