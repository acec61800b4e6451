import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const read = (name: string) => readFile(new URL(`../../${name}`, import.meta.url), 'utf8');

test('the builds of uWebSockets.js that SECURITY.md names are those of the manifest and the lockfile', async () => {
  const [text, lockfile, manifest] = await Promise.all([
    read('SECURITY.md'),
    read('pnpm-lock.yaml'),
    read('services/ws-gateway/package.json'),
  ]);
  const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> };
  const builds = Object.entries(dependencies).filter(([alias]) => alias.startsWith('uws-'));
  expect(builds).toHaveLength(2);
  for (const [alias, specifier] of builds) {
    const pinned = specifier.replace(/^npm:/, '');
    expect(pinned).toMatch(/@\d+\.\d+\.\d+(-[\w.]+)?$/);
    const after = lockfile.split(`'${pinned}':\n    resolution: {integrity: `)[1] ?? '';
    const integrity = after.slice(0, after.indexOf('}'));
    expect(integrity).toMatch(/^sha512-/);
    expect(text).toContain(`| \`${alias}\` | \`${pinned}\` |`);
    expect(text).toContain(`${pinned}\n${integrity}\n`);
  }
});
