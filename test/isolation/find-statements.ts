import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A statement as it stands in a source file, blanks made one. */
export interface Statement {
  file: string;
  text: string;
}

/** Tables of the migrations that hold rows of several tenants: those with a column that says whose a row is. */
export function listTenantTables(): string[] {
  const folder = join(ROOT, 'packages/store/migrations');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .flatMap((file) => {
      const sql = readFileSync(join(folder, file), 'utf8').replace(/--.*$/gm, '');
      const tables = sql.matchAll(/create table (?:if not exists )?(\w+) \(([\s\S]*?)\n\)/g);
      return [...tables].flatMap(([, name = '', body = '']) =>
        /^\s+(tenant|empresa_id)\s/m.test(body) ? [name] : [],
      );
    });
}

/** What follows a word that names a table: the table, or a variable that may be one. */
export function toTableReference(tables: readonly string[]): RegExp {
  return new RegExp(
    `\\b(?:from|join|into|update|using|truncate|merge into)\\s+(?:only\\s+)?(?:(?:${tables.join('|')})\\b|\\$\\{)`,
    'gi',
  );
}

/** Source files that run in production; tests and the tools of development are none. */
export function listSources(): { file: string; source: string }[] {
  const packages = ['bus', 'calls', 'cli', 'contracts', 'cti', 'outbound', 'runtime', 'store'];
  const folders = [
    ...packages.map((name) => `packages/${name}/src`),
    ...['ws-gateway', 'dialer', 'webhook', 'history', 'api'].map((name) => `services/${name}/src`),
  ];
  return folders.flatMap((folder) => {
    let files: string[];
    try {
      files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
    } catch {
      return []; // no such package
    }
    return files
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => ({
        file: `${folder}/${file}`,
        source: withoutComments(readFileSync(join(ROOT, folder, file), 'utf8')),
      }));
  });
}

/** Every literal that begins as a statement does, in one line. */
export function listStatements({ file, source }: { file: string; source: string }): Statement[] {
  const verb = '(?:select|insert|update|delete|with|truncate|copy|merge)\\b';
  const literals = new RegExp(`\`\\s*(${verb}[^\`]*)\`|'(${verb}[^'\\n]*)'|"(${verb}[^"\\n]*)"`, 'gi');
  return [...source.matchAll(literals)].map((match) => ({
    file,
    text: toOneLine(match[1] ?? match[2] ?? match[3] ?? ''),
  }));
}

function toOneLine(text: string): string {
  return text.replace(/--.*$/gm, '').replace(/\s+/g, ' ').trim();
}

/** Comments speak of tables too. */
function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}
