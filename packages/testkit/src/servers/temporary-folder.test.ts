import { access, constants } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

test('the data of a server that nobody needs afterwards lies where TMPDIR says, else in a folder that takes it', async () => {
  expect(await temporaryFolder({ TMPDIR: '/somewhere' })).toBe('/somewhere');
  const chosen = await temporaryFolder({});
  await access(chosen, constants.W_OK);
  expect(chosen).toMatch(/^\//);
});
