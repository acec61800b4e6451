import { expect, it } from 'vitest';
import { bundleClient } from '../bundle.mjs';

it('weighs less than 12 kB gzipped, and holds no schema library', async () => {
  const { code, gzippedBytes } = await bundleClient();
  expect(gzippedBytes).toBeLessThan(12_000);
  expect(code).not.toMatch(/zod|ZodError/);
  expect(code).not.toMatch(/\bfrom\s*["']/);
});
