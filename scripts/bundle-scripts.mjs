import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ROOT } from './bootstrap.mjs';

/** What the api serves to browsers: the drop-in script, and the same parts as a module for pages without a bundler. */
const SCRIPTS = [
  { from: 'packages/popup/src/drop-in/main.ts', to: 'services/api/dist/public/ramal.js', format: 'iife' },
  { from: 'packages/popup/src/index.ts', to: 'services/api/dist/public/ramal-popup.js', format: 'esm' },
];

/** Where the scripts come to lie, relative to the root. */
export const SCRIPT_FILES = SCRIPTS.map(({ to }) => to);

/** Bundles the pop-ups with the client and with Lit, from the source, each into one minified file; prints the sizes. */
export async function bundleScripts() {
  const { rolldown } = await import('rolldown');
  for (const { from, to, format } of SCRIPTS) {
    const build = await rolldown({
      input: join(ROOT, from),
      platform: 'browser',
      resolve: { alias: { '@ramal/client': join(ROOT, 'packages/client/src/index.ts') } },
      // Browsers since the middle of 2022.
      transform: { target: 'es2022' },
      logLevel: 'warn',
    });
    try {
      const { output } = await build.generate({ format, minify: true, codeSplitting: false });
      const { code } = output[0];
      mkdirSync(dirname(join(ROOT, to)), { recursive: true });
      writeFileSync(join(ROOT, to), code);
      const gzipped = gzipSync(code, { level: 9 }).length;
      process.stdout.write(`${to}: ${Buffer.byteLength(code)} bytes, ${gzipped} gzipped\n`);
    } finally {
      await build.close();
    }
  }
}
