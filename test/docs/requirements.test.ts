import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CONFIGURACAO_CTI_COLUMNS, EMPRESAS_COLUMNS } from '@ramal/cti';
import { beforeAll, describe, expect, test } from 'vitest';
import { findRequirementIds, findTestTitles, REQUIREMENT_IDS } from './requirement-ids.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFile(join(root, path), 'utf8');

/** Every test file of the repository, by its path from the root. */
async function findTestFiles(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const found = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return ['node_modules', 'dist'].includes(entry.name) ? [] : await findTestFiles(path);
    }
    return entry.name.endsWith('.test.ts') ? [path] : [];
  });
  return (await Promise.all(found)).flat();
}

/** A test of a whole table (`R1-R28`) proves that its columns are there, not what each of them does. */
const LONGEST_RANGE = 10;

async function findTestedIds(): Promise<Set<string>> {
  const folders = await Promise.all(['packages', 'services', 'test'].map(findTestFiles));
  const sources = await Promise.all(folders.flat().map(read));
  return findRequirementIds(sources.flatMap(findTestTitles).join('\n'), LONGEST_RANGE);
}

const missing = (wanted: readonly string[], found: ReadonlySet<string>) =>
  wanted.filter((one) => !found.has(one));

test('every requirement is named in the title of a test', async () => {
  expect(missing(REQUIREMENT_IDS, await findTestedIds())).toEqual([]);
});

test('titles are found whatever form a test has, and nothing else is', () => {
  const source = [
    "test('one', async () => {});",
    'it.skipIf(process.platform === "win32")("two", () => {});',
    "it.each([\n  ['no title', 1],\n])(\n  'three %s',\n  (row) => {},\n);",
    "describe(`four ${count}`, () => { expect(read('no title')).toBe('no title'); });",
  ].join('\n');
  expect(findTestTitles(source)).toEqual(["'one'", '"two"', "'three %s'", '`four ${count}`']);
});

test('a range names each of its ids', () => {
  expect([...findRequirementIds('R8, R9: R15-R17, R40–R41, threat 10, I6')]).toEqual([
    ...['R8', 'R9', 'R15', 'R16', 'R17', 'R40', 'R41'],
  ]);
  expect([...findRequirementIds('R1-R28 R41', 10)]).toEqual(['R41']);
});

describe('the page that maps the manual', () => {
  const languages = ['docs/manual-mapping.md', 'docs/manual-mapping.pt-BR.md'];
  let pages: string[];
  beforeAll(async () => {
    pages = await Promise.all(languages.map(read));
  });

  test('names every requirement and no other, in both languages', () => {
    for (const page of pages) {
      const ids = findRequirementIds(page);
      expect(missing(REQUIREMENT_IDS, ids)).toEqual([]);
      expect(ids.size).toBe(REQUIREMENT_IDS.length);
    }
  });

  test('names every column of the two configuration tables, in both languages', () => {
    const columns = [...Object.keys(EMPRESAS_COLUMNS), ...Object.keys(CONFIGURACAO_CTI_COLUMNS)];
    for (const page of pages) {
      const code = new Set(Array.from(page.matchAll(/`([^`\n]+)`/g), ([, text]) => text ?? ''));
      expect(missing(columns, code)).toEqual([]);
    }
  });

  test('has the same code, files and addresses in both languages', () => {
    const codeOf = (page: string) => [...page.matchAll(/`([^`\n]+)`/g)].map(([code]) => code).toSorted();
    const [english = '', portuguese = ''] = pages;
    expect(codeOf(portuguese)).toEqual(codeOf(english));
  });
});
