import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

test('the program that the package manager links at the root runs', async () => {
  const program = fileURLToPath(new URL('../../../node_modules/.bin/ramal', import.meta.url));
  const { stdout } = await promisify(execFile)(program, ['--help'], { cwd: ROOT });
  expect(stdout).toContain('config check <tenant>');
});
