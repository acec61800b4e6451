import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ALL_ROWS } from '../resilience/src/all-rows.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const text = readFileSync(join(root, 'docs/guarantees.md'), 'utf8');

/** The source of all services and packages, without their tests. */
function readSources(): string {
  return ['services', 'packages']
    .flatMap((parent) => readdirSync(join(root, parent)).map((name) => join(root, parent, name, 'src')))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
    )
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}

test('every file that docs/guarantees.md names is there', () => {
  const files = [...text.matchAll(/\]\((?<path>\.\.\/[^)#]+)\)/g)].map(
    ({ groups }) => groups?.['path'] ?? '',
  );
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((file) => !existsSync(join(root, 'docs', file)))).toEqual([]);
});

test('every metric that it names is one that a process has', () => {
  const sources = readSources();
  const metrics = [...new Set([...text.matchAll(/`(ramal_[a-z_]+)`/g)].map(([, name]) => name ?? ''))];
  expect(metrics.length).toBeGreaterThan(10);
  expect(metrics.filter((name) => !sources.includes(`'${name}'`))).toEqual([]);
});

test('every row of the table is in it, and every row it speaks of can be played', () => {
  const names = ALL_ROWS.map(({ name }) => name);
  const cells = [...text.matchAll(/^\| \[(?<rows>[^\]]+)\]/gm)].flatMap(({ groups }) =>
    (groups?.['rows'] ?? '').split(', '),
  );
  // One that has a part of its own after a colon is spoken of with its row.
  const isTold = (name: string) => cells.includes(name) || cells.includes(name.split(':', 1).join(''));
  expect(names.filter((name) => !isTold(name))).toEqual([]);
  expect(cells.filter((name) => !names.includes(name))).toEqual([]);
});

test('its commands are scripts of package.json, and its settings are known to the code', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
  const commands = [...text.matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name ?? '');
  expect(commands.filter((name) => !(name in scripts))).toEqual([]);
  const sources = readSources();
  const settings = [...text.matchAll(/`([A-Z]+_[A-Z_]+)(?:=\w+)?`/g)].map(([, name]) => name ?? '');
  expect(settings.filter((name) => !sources.includes(name))).toEqual([]);
});
