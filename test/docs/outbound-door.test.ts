import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

interface Override {
  files: string[];
  rules: Record<string, unknown>;
}
interface Pattern {
  group?: string[];
  message: string;
}

const { overrides } = JSON.parse(
  await readFile(new URL('../../.oxlintrc.json', import.meta.url), 'utf8'),
) as { overrides: Override[] };

/** A later block replaces the rule of an earlier one: each must have it all. */
const blocks = overrides
  .filter(({ files }) => files.some((glob) => glob.startsWith('services/')))
  .flatMap(({ files, rules }) => {
    const rule = rules['no-restricted-imports'] as [string, { patterns: Pattern[] }] | undefined;
    return rule === undefined ? [] : [{ files, patterns: rule[1].patterns }];
  });
const restricts = ({ patterns }: (typeof blocks)[number], name: string) =>
  patterns.some(({ group }) => group?.includes(name));

test('threat 2 no block of the linter leaves a service a way to the network beside the one door', () => {
  expect(blocks.length).toBeGreaterThan(5);
  for (const name of [
    'node:http',
    'node:https',
    'node:net',
    'node:tls',
    'node:dns',
    'node:http2',
    'undici',
  ]) {
    const open = blocks.filter((block) => !restricts(block, name));
    expect([name, open.map(({ files }) => files)]).toEqual([name, []]);
  }
  expect(blocks.filter((block) => !restricts(block, 'got')).map(({ files }) => files)).toEqual([
    ['services/dialer/src/send-originate.ts'],
  ]);
});

test('threat 2 fetch is left to one file, which asks an address of the operator', () => {
  const ruled = overrides.filter(({ rules }) => 'no-restricted-globals' in rules);
  const [first, ...exceptions] = ruled;
  expect(first?.files).toEqual(['services/*/src/**/*.ts']);
  expect(JSON.stringify(first?.rules)).toContain('"fetch"');
  expect(exceptions.map(({ files }) => files)).toEqual([
    ['services/api/src/place-incoming-call.ts'],
    ['**/*.test.ts', '**/test/**/*.ts'],
  ]);
});
