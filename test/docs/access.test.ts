import { readFile } from 'node:fs/promises';
import { type Right, RIGHTS, ROLE_RIGHTS, ROLES } from '@ramal/contracts';
import { expect, test } from 'vitest';

const text = await readFile(new URL('../../docs/access.md', import.meta.url), 'utf8');

test('the table of docs/access.md is what the code says of roles and rights', () => {
  const head = ['right', 'lets', ...ROLES];
  const rows = Object.entries(RIGHTS).map(([right, lets]) => [
    `\`${right}\``,
    lets,
    ...ROLES.map((role) => (ROLE_RIGHTS[role].includes(right as Right) ? 'yes' : '')),
  ]);
  const table = [head, head.map(() => '---'), ...rows];
  const told = text
    .slice(text.indexOf('| right |'))
    .split('\n\n')[0]
    ?.split('\n')
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
  expect(told).toEqual(table);
});
