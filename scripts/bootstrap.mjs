import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

// Plain JavaScript without dependencies: this runs before anything is installed.

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
export const PNPM = 'pnpm@12.21.0';
const NODE_FLOOR = [20, 19];
const LOCK_STAMP = join(ROOT, 'node_modules', '.ramal-lock');

/** Ends the process with a clear message when this Node is too old. */
export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor >= NODE_FLOOR[1])) return;
  process.stderr.write(
    `Ramal needs Node ${NODE_FLOOR.join('.')} or later; this is ${process.versions.node} (${process.execPath}).\n` +
      'Get a current one from https://nodejs.org or with your version manager, for example: nvm install 20\n',
  );
  process.exit(1);
}

/**
 * Runs a program and keeps what it prints. Resolves with its exit code, however it ends.
 * `live` shows the output as it comes.
 */
export function run(command, args, { live = false, env = process.env } = {}) {
  return new Promise((resolvePromise) => {
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const take = (stream) => (chunk) => {
      output += chunk;
      if (live) stream.write(chunk);
    };
    child.stdout.setEncoding('utf8').on('data', take(process.stdout));
    child.stderr.setEncoding('utf8').on('data', take(process.stderr));
    child.on('error', (error) => resolvePromise({ code: 127, output: `${output}${error.message}\n` }));
    child.on('close', (code, signal) => {
      resolvePromise({ code: code ?? 1, output: signal === null ? output : `${output}ended by ${signal}\n` });
    });
  });
}

/** A program of the workspace's own node_modules. */
export function tool(name) {
  return join(ROOT, 'node_modules', '.bin', name);
}

/** Prints the time a piece of work took; `skip` says instead that there was nothing to do. */
export async function timed(title, work) {
  const startedAt = performance.now();
  process.stdout.write(`${title} … `);
  const result = await work();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(result.code === 0 ? `✓ ${seconds} s\n` : `✗ ${seconds} s\n`);
  return result;
}

function workspaceManifests() {
  const folders = ['.', 'test'];
  for (const parent of ['packages', 'services']) {
    for (const name of readdirSync(join(ROOT, parent)).sort()) folders.push(join(parent, name));
  }
  return folders.map((folder) => join(folder, 'package.json')).filter((file) => existsSync(join(ROOT, file)));
}

/** What an installation depends on; when it is unchanged there is nothing to install. */
function installationHash() {
  const hash = createHash('sha256').update(`${PNPM} ${process.platform} ${process.arch}`);
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...workspaceManifests()]) {
    hash.update(`\n${file}\n`).update(readFileSync(join(ROOT, file)));
  }
  return hash.digest('hex');
}

function isInstalled(hash) {
  return existsSync(LOCK_STAMP) && readFileSync(LOCK_STAMP, 'utf8') === hash;
}

async function install() {
  const hash = installationHash();
  if (isInstalled(hash)) return;
  const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx';
  const env = {
    ...process.env,
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`,
    // No questions about replacing a node_modules that something else made.
    CI: 'true',
  };
  const result = await timed('installing packages', () =>
    run(npx, ['--yes', PNPM, 'install', '--frozen-lockfile'], { env }),
  );
  if (result.code !== 0) fail('the packages could not be installed', result.output);
  writeFileSync(LOCK_STAMP, hash);
}

function fail(what, output) {
  process.stderr.write(`\n${output.trim()}\n\n${what}; see above.\n`);
  process.exit(1);
}

/** Makes a fresh clone ready: Node's version, packages from the lockfile, build. Quick when nothing changed. */
export async function bootstrap({ build = true } = {}) {
  checkNode();
  await install();
  if (!build) return;
  const result = await timed('building', async () => {
    const compiled = await run(tool('tsc'), ['-b']);
    return compiled.code === 0 ? run(process.execPath, [join(ROOT, 'scripts', 'bundle.mjs')]) : compiled;
  });
  if (result.code !== 0) fail('the build failed', result.output);
}
