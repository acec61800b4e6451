import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { bootstrap, ROOT, run, tool } from './bootstrap.mjs';

const HELP = `npm test: every check and every test, in this order:
format, types, lint, dead code, bundles, tests. The last line counts them: "N passed, N failed".

  npm test -- packages/cti      only the tests whose path contains this (and all checks)
  npm test -- --help            this text

Redis and PostgreSQL: REDIS_URL and DATABASE_URL if given, else started for the run.
`;

const filters = process.argv.slice(2);
if (filters.includes('--help') || filters.includes('-h')) {
  process.stdout.write(HELP);
  process.exit(0);
}

const REPORT = join(ROOT, 'reports', 'vitest.json');

await bootstrap({ build: false });
let passed = 0;
let failed = 0;

/** One static check, told of when it is done; the commands run one after the other until one fails. */
async function check(title, ...commands) {
  const startedAt = performance.now();
  let output = '';
  let code = 0;
  for (const [name, ...args] of commands) {
    const one = await run(isAbsolute(name) ? name : tool(name), args);
    output += one.output;
    code = one.code;
    if (code !== 0) break;
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (code === 0) passed++;
  else failed++;
  process.stdout.write(`${title} ${code === 0 ? '✓' : '✗'} ${seconds} s\n`);
  if (code !== 0) process.stdout.write(`${output.trim()}\n\n`);
}

// Side by side what does not need one another: lint, bundles and the types of the tests read what `tsc -b` has written.
await Promise.all([check('format', ['biome', 'format', '.']), check('types', ['tsc', '-b'])]);
await Promise.all([
  check('types of the tests', ['tsc', '-p', 'tsconfig.tests.json']),
  check('lint', ['oxlint', '--type-aware', '--deny-warnings']),
  check('dead code', ['knip', '--no-progress']),
  check('bundles', [process.execPath, join(ROOT, 'scripts', 'bundle.mjs')]),
]);
await test();

process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

async function test() {
  mkdirSync(join(ROOT, 'reports'), { recursive: true });
  rmSync(REPORT, { force: true });
  process.stdout.write('tests …\n');
  const startedAt = performance.now();
  const { code } = await run(
    tool('vitest'),
    ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`, ...filters],
    { live: true },
  );
  const counts = readCounts();
  passed += counts.passed;
  failed += counts.failed;
  // A file that could not be loaded, a setup that failed or a crash is no test, and still a failure.
  if (code !== 0 && counts.failed === 0) failed++;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`tests ${code === 0 ? '✓' : '✗'} ${seconds} s\n`);
}

function readCounts() {
  if (!existsSync(REPORT)) return { passed: 0, failed: 0 };
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(REPORT, 'utf8'));
  return { passed: numPassedTests, failed: numFailedTests };
}
