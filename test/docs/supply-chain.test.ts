import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

interface Locked {
  resolution: { integrity?: string; tarball?: string };
  os?: string[];
  cpu?: string[];
  libc?: string[];
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (name: string) => readFile(join(root, name), 'utf8');
const [page, lockfile, workspace] = (await Promise.all(
  ['docs/supply-chain.md', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'].map(read),
)) as [string, string, string];
const { packages } = parse(lockfile) as { packages: Record<string, Locked> };
const { allowBuilds } = parse(workspace) as { allowBuilds: Record<string, boolean> };

/** The rows of the table: a name, or with `*` at its end all that begin so. */
const rows = [...page.matchAll(/^\| `([^`]+)` \| [^|]+ \| [^|]+ \| ([^|]+) \|/gm)]
  .map(([, name = '', script = '']) => ({ name, script: script.trim() }))
  .filter(({ name }) => !name.startsWith('uws-'));
const matches = (row: string, name: string) =>
  row.endsWith('*') ? name.startsWith(row.slice(0, -1)) : row === name;
const unexplained = (names: Iterable<string>) =>
  [...names].filter((name) => !rows.some((row) => matches(row.name, name)));
const toName = (locked: string) => locked.slice(0, locked.lastIndexOf('@'));

/** Names of what is installed here and has a binary, or a script that npm would run. */
function findNative(): Set<string> {
  const store = join(root, 'node_modules', '.pnpm');
  const found = new Set<string>();
  for (const entry of readdirSync(store)) {
    const [scope, name] = entry.startsWith('@')
      ? entry.slice(0, entry.indexOf('@', 1)).split('+')
      : [undefined, entry.slice(0, Math.max(0, entry.indexOf('@')))];
    const folder = join(store, entry, 'node_modules', ...(scope === undefined ? [] : [scope]), name ?? '');
    if (name === '' || !existsSync(join(folder, 'package.json'))) continue;
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      name: string;
      scripts?: Record<string, string>;
    };
    const hooks = ['preinstall', 'install', 'postinstall'].filter((hook) => manifest.scripts?.[hook]);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const isNative = files.some((file) =>
      /\.(node|wasm|dylib|dll|exe|so)$|\.so\.\d|(^|\/)binding\.gyp$/.test(file),
    );
    if (hooks.length > 0 || isNative) found.add(manifest.name);
  }
  return found;
}

function run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { cwd: root }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

describe('every package with native code or an install script is explained', () => {
  test('those made for one system alone, in the lockfile', () => {
    const bound = Object.entries(packages).filter(([, { os, cpu, libc }]) => os ?? cpu ?? libc);
    expect(bound.length).toBeGreaterThan(20);
    expect(unexplained(bound.map(([locked]) => toName(locked)))).toEqual([]);
  });

  test('those whose install script is decided about, and it is run where the page says so', () => {
    expect(unexplained(Object.keys(allowBuilds))).toEqual([]);
    for (const [name, runs] of Object.entries(allowBuilds)) {
      const script = rows.find((row) => matches(row.name, name))?.script ?? '';
      expect([name, script.startsWith('run: ')]).toEqual([name, runs]);
    }
  });

  test('those that are installed here', { timeout: 60_000 }, () => {
    const native = findNative();
    expect(native.size).toBeGreaterThan(5);
    expect(unexplained(native)).toEqual([]);
  });

  test('and no other is', () => {
    const names = Object.keys(packages).map(toName);
    expect(rows.filter((row) => !names.some((name) => matches(row.name, name)))).toEqual([]);
  });
});

test('every package of the lockfile comes from the registry, by its hash', () => {
  const other = Object.entries(packages).filter(
    ([, { resolution }]) => resolution.tarball !== undefined || !resolution.integrity?.startsWith('sha512-'),
  );
  expect(other.map(([locked]) => locked)).toEqual([]);
});

test('the builds of uWebSockets.js that the page names are those of the manifest and the lockfile', async () => {
  const { dependencies } = JSON.parse(await read('services/ws-gateway/package.json')) as {
    dependencies: Record<string, string>;
  };
  const builds = Object.entries(dependencies).filter(([alias]) => alias.startsWith('uws-'));
  expect(builds).toHaveLength(2);
  for (const [alias, specifier] of builds) {
    const pinned = specifier.replace(/^npm:/, '');
    expect(pinned).toMatch(/@\d+\.\d+\.\d+(-[\w.]+)?$/);
    const integrity = packages[pinned]?.resolution.integrity;
    expect(integrity).toMatch(/^sha512-/);
    expect(page).toContain(`| \`${alias}\` | \`${pinned}\` |`);
    expect(page).toContain(`${pinned}\n${integrity}\n`);
  }
  expect(await read('SECURITY.md')).toContain('(docs/supply-chain.md)');
});

test('what the services run on asks for no more than to be named', async () => {
  const { code, stdout, stderr } = await run('scripts/licences.mjs', '--json');
  expect([code, stderr]).toEqual([0, '']);
  const listed = JSON.parse(stdout) as { name: string; licence: string }[];
  const names = listed.map(({ name }) => name);
  // Of each kind of service, and what those need in turn.
  expect(names).toEqual(
    expect.arrayContaining(['bullmq', 'fastify', 'got', 'ioredis', 'msgpackr', 'pg', 'pino']),
  );
});

describe('npm run audit', () => {
  const known = {
    github_advisory_id: 'GHSA-3h5v-q93c-6h6q',
    module_name: 'ws',
    severity: 'high',
    title: 't',
    url: 'u',
  };

  async function auditOf(report: string) {
    const folder = await mkdtemp(join(tmpdir(), 'ramal-audit-'));
    try {
      await writeFile(join(folder, 'report.json'), report);
      return await run('scripts/audit.mjs', '--from', join(folder, 'report.json'));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  test.each([
    ['nothing found', {}, 0, 'is no longer found'],
    ['a finding that is explained', { 1: known }, 0, '1 found, 1 explained, 0 not'],
    [
      'one that is not',
      { 1: known, 2: { ...known, github_advisory_id: 'GHSA-x' } },
      1,
      '2 found, 1 explained, 1 not',
    ],
    [
      'a known one in another package',
      { 1: { ...known, module_name: 'got' } },
      1,
      '1 found, 0 explained, 1 not',
    ],
  ])('%s', async (_, advisories, code, told) => {
    const audit = await auditOf(JSON.stringify({ advisories }));
    expect(audit.code).toBe(code);
    expect(audit.stdout).toContain(told);
  });

  test.each(['', 'Error: 405', '{"error":{"code":"x"}}', 'null'])('%j is no clean answer', async (report) => {
    const audit = await auditOf(report);
    expect(audit.code).toBe(2);
    expect(audit.stderr).toContain('Nothing was checked');
  });

  test('each explanation names an advisory, a package of the lockfile, and a reason', async () => {
    const explained = JSON.parse(await read('docs/audit-findings.json')) as Record<string, string>[];
    for (const { id, package: name, why } of explained) {
      expect(id).toMatch(/^GHSA(-[0-9a-z]{4}){3}$/);
      expect(Object.keys(packages).map(toName)).toContain(name);
      expect(why?.length).toBeGreaterThan(40);
    }
  });
});
