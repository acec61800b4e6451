import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from './bootstrap.mjs';
import { bundleScripts, SCRIPT_FILES } from './bundle-scripts.mjs';

/*
 * Makes one file of each process: `dist/bundle.mjs` beside `dist/main.js`, which stays what it is made from. A process
 * that loads one file is up in a third of the time that it takes to find, read and link twelve hundred: that much
 * sooner it is back after a crash. Native modules stay outside. And the scripts for browsers: see bundle-scripts.mjs.
 */

const PROCESSES = [
  ...['ws-gateway', 'dialer', 'webhook', 'history', 'api'].map((name) => join('services', name)),
  join('packages', 'simulator'),
];
/** uWebSockets.js finds its binary beside itself; pg asks for pg-native only where it is wanted. */
const EXTERNAL = [/^uws-/, 'pg-native'];
/** Libraries that do nothing by being loaded, though they don't say so: who uses nothing of them shall not load them. */
const WITHOUT_SIDE_EFFECTS = /node_modules\/(bullmq|cron-parser|luxon|msgpackr)\//;

/**
 * Node 21 and later say where one runs; where nothing does, pg makes a Response to find out, and so loads all of fetch: a tenth of
 * a start.
 */
const BANNER = "globalThis.navigator ??= { userAgent: 'Node.js/' + process.versions.node.split('.')[0] };";

/** Our own modules, as compiled, and still finding the files that lie beside them. */
function ownModules(outDir) {
  return {
    name: 'own-modules',
    load(id) {
      if (id.includes(`${sep}node_modules${sep}`) || !existsSync(`${id}.map`)) return null;
      const from = JSON.stringify(relative(outDir, id).split(sep).join('/'));
      const code = readFileSync(id, 'utf8')
        .replace(/^\/\/# sourceMappingURL=.*$/m, '')
        .replaceAll('import.meta.url', `new URL(${from}, import.meta.url).href`);
      return { code };
    },
  };
}

async function bundle(folder) {
  const outDir = join(ROOT, folder, 'dist');
  // Not before it is installed, and only where there is something to do.
  const { rolldown } = await import('rolldown');
  const build = await rolldown({
    input: join(outDir, 'main.js'),
    platform: 'node',
    external: EXTERNAL,
    plugins: [ownModules(outDir)],
    treeshake: { moduleSideEffects: [{ test: WITHOUT_SIDE_EFFECTS, sideEffects: false }] },
    logLevel: 'silent',
  });
  try {
    // No source maps: they take a seventh of a start and, once one stack is written, 42 MB; as nothing is shortened, a line of a
    // bundle says as much. What few runs load (migrations) is a file of its own.
    await build.write({
      dir: outDir,
      entryFileNames: 'bundle.mjs',
      chunkFileNames: 'bundle-[name].mjs',
      format: 'esm',
      banner: BANNER,
    });
  } finally {
    await build.close();
  }
}

/** When a project was last compiled: tsc touches this file each time it writes anything. */
async function lastCompiledMs() {
  const times = [0];
  for (const parent of ['packages', 'services']) {
    for (const name of await readdir(join(ROOT, parent))) {
      const stamp = join(ROOT, parent, name, 'dist', '.tsbuildinfo');
      if (existsSync(stamp)) times.push(statSync(stamp).mtimeMs);
    }
  }
  times.push(statSync(join(ROOT, 'pnpm-lock.yaml')).mtimeMs);
  return Math.max(...times);
}

/** Makes the bundles that are older than what they are made from; those of services that are not built are left out. */
export async function bundleProcesses() {
  const compiledMs = await lastCompiledMs();
  const stale = PROCESSES.filter((folder) => {
    const [main, made] = ['main.js', 'bundle.mjs'].map((file) => join(ROOT, folder, 'dist', file));
    return existsSync(main) && !(existsSync(made) && statSync(made).mtimeMs > compiledMs);
  });
  for (const folder of stale) await bundle(folder);
  const scripts = SCRIPT_FILES.map((file) => join(ROOT, file));
  if (scripts.every((file) => existsSync(file) && statSync(file).mtimeMs > compiledMs)) return stale.length;
  await bundleScripts();
  return stale.length + scripts.length;
}

if (realpathSync(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  const count = await bundleProcesses();
  process.stdout.write(count === 0 ? 'bundles: up to date\n' : `bundles: ${count} made\n`);
}
