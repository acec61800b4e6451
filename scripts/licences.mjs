import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './bootstrap.mjs';

const HELP = `npm run licences: the packages that the services run on, with their licences, from what is installed.
The exit code is 1 if one of them is not permissive.

  --json    one list of {name, version, licence}
  --help    this text
`;

/** Licences that ask for no more than to be named. */
const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'Unlicense',
]);

/** What a package needs to run; what it may lack is counted where it is installed. */
function dependenciesOf(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const needed = { ...manifest.dependencies, ...manifest.optionalDependencies };
  return { manifest, names: Object.keys(needed) };
}

/** As Node looks it up from a folder; null where an optional package is not installed. */
function findPackage(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return realpathSync(found);
    if (folder === dirname(folder)) return null;
  }
}

/** A few packages of old name no licence in their manifest and have its text beside it. */
function toLicence(manifest, folder) {
  const named = typeof manifest.license === 'string' ? manifest.license : manifest.license?.type;
  if (named !== undefined) return named;
  const file = readdirSync(folder).find((name) => /^licen[cs]e(\.\w+)?$/i.test(name));
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8');
  return /Permission is hereby granted, free of charge/.test(text) ? 'MIT' : 'unknown';
}

/** "MIT OR GPL-3.0" lets one choose; "MIT AND X" does not. */
const isPermissive = (licence) =>
  licence
    .replace(/[()]/g, '')
    .split(/ OR /)
    .some((choice) => choice.split(/ AND /).every((one) => PERMISSIVE.has(one)));

function readPackages() {
  const services = readdirSync(join(ROOT, 'services')).map((name) => join(ROOT, 'services', name));
  const waiting = services.filter((folder) => existsSync(join(folder, 'package.json')));
  const seen = new Set(waiting);
  const packages = [];
  for (const folder of waiting) {
    const { manifest, names } = dependenciesOf(folder);
    if (!manifest.private) {
      packages.push({ name: manifest.name, version: manifest.version, licence: toLicence(manifest, folder) });
    }
    for (const name of names) {
      const found = findPackage(name, folder);
      if (found === null || seen.has(found)) continue;
      seen.add(found);
      waiting.push(found);
    }
  }
  return packages.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const [mode] = process.argv.slice(2);
if (mode === '--help' || mode === '-h') {
  process.stdout.write(HELP);
} else {
  const packages = readPackages();
  const refused = packages.filter(({ licence }) => !isPermissive(licence));
  if (mode === '--json') process.stdout.write(`${JSON.stringify(packages, null, 2)}\n`);
  else {
    for (const { name, version, licence } of packages)
      process.stdout.write(`${licence}\t${name}@${version}\n`);
  }
  for (const { name, version, licence } of refused) {
    process.stderr.write(`${name}@${version} has no permissive licence: ${licence}\n`);
  }
  process.exitCode = refused.length === 0 ? 0 : 1;
}
