import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** Where the bundle lies: one ES module that a page can import as it is. */
const BUNDLE = path('dist/ramal-client.min.js');

/** Bundles the source. Resolves with the code and its sizes in bytes. */
export async function bundleClient() {
  const { outputFiles } = await build({
    entryPoints: [path('src/index.ts')],
    bundle: true,
    minify: true,
    format: 'esm',
    // Browsers since the middle of 2022.
    target: ['chrome103', 'firefox101', 'safari15.4'],
    legalComments: 'none',
    write: false,
  });
  const code = outputFiles[0].text;
  return { code, bytes: Buffer.byteLength(code), gzippedBytes: gzipSync(code, { level: 9 }).length };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { code, bytes, gzippedBytes } = await bundleClient();
  mkdirSync(path('dist'), { recursive: true });
  writeFileSync(BUNDLE, code);
  process.stdout.write(`@ramal/client: ${bytes} bytes, ${gzippedBytes} gzipped\n`);
}
