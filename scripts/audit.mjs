import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PNPM, ROOT, run } from './bootstrap.mjs';

const HELP = `npm run audit: asks the registry for known weaknesses of every package in the lockfile. Each finding is
explained in docs/audit-findings.json, or the exit code is 1. It is 2 when the registry does not answer: nothing was
checked then.

  --from <file>   judge this output of "pnpm audit --json" instead of asking
  --help          this text
`;

const FILE = join('docs', 'audit-findings.json');

/** pnpm's JSON, or null where it is none, as with a registry that takes no such question. */
function readReport(text) {
  try {
    const { advisories } = JSON.parse(text);
    return typeof advisories === 'object' && advisories !== null ? Object.values(advisories) : null;
  } catch {
    return null;
  }
}

async function ask() {
  const { output } = await run('npx', ['--yes', PNPM, 'audit', '--json']);
  return output;
}

/** Explained means: this advisory, in this package. */
function judge(advisories, explained) {
  const isExplained = ({ github_advisory_id: id, module_name: name }) =>
    explained.some((one) => one.id === id && one.package === name);
  const findings = advisories.filter((one) => !isExplained(one));
  for (const { module_name: name, severity, title, github_advisory_id: id, url } of findings) {
    process.stderr.write(`${severity}: ${name}: ${title} (${id}, ${url})\n`);
  }
  for (const { id, package: name } of explained) {
    const isThere = advisories.some((one) => one.github_advisory_id === id && one.module_name === name);
    if (!isThere) process.stdout.write(`${FILE}: ${id} (${name}) is no longer found: take it out\n`);
  }
  process.stdout.write(
    `${advisories.length} found, ${advisories.length - findings.length} explained, ${findings.length} not\n`,
  );
  return findings.length === 0 ? 0 : 1;
}

async function main(args) {
  const [mode, file] = args;
  if (mode === '--help' || mode === '-h') {
    process.stdout.write(HELP);
    return 0;
  }
  const explained = JSON.parse(readFileSync(join(ROOT, FILE), 'utf8'));
  const output = mode === '--from' && file !== undefined ? readFileSync(file, 'utf8') : await ask();
  const advisories = readReport(output);
  if (advisories !== null) return judge(advisories, explained);
  process.stderr.write(
    `${output.trim()}\n\nNothing was checked: the registry did not answer with advisories.\n`,
  );
  return 2;
}

process.exitCode = await main(process.argv.slice(2));
