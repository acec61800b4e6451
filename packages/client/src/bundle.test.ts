import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { bundleClient } from '../bundle.mjs';

it('weighs less than 12 kB gzipped, and holds no schema library', async () => {
  const { code, gzippedBytes } = await bundleClient();
  expect(gzippedBytes).toBeLessThan(12_000);
  expect(code).not.toMatch(/zod|ZodError/);
  expect(code).not.toMatch(/\bfrom\s*["']/);
});

it('takes nothing from another package, but for the check of its types', () => {
  const files = readdirSync(new URL('.', import.meta.url), { recursive: true, encoding: 'utf8' });
  const sources = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  const foreign = sources.filter((file) =>
    /from '(?!\.)/.test(readFileSync(new URL(file, import.meta.url), 'utf8')),
  );
  expect(foreign).toEqual(['wire-agreement.ts']);
});
