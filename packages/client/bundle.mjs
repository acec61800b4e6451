import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** Where the bundle lies: one ES module that a page can import as it is. */
export const BUNDLE = path('dist/ramal-client.min.js');

/** Builds the bundle from the source. Resolves with its sizes in bytes. */
export async function bundleClient(outfile = BUNDLE) {
  mkdirSync(path('dist'), { recursive: true });
  const { outputFiles } = await build({
    entryPoints: [path('src/index.ts')],
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    // Browsers since the middle of 2022.
    target: ['chrome103', 'firefox101', 'safari15.4'],
    legalComments: 'none',
    write: false,
  });
  const [file] = outputFiles;
  writeFileSync(outfile, file.contents);
  return { bytes: file.contents.length, gzippedBytes: gzipSync(file.contents, { level: 9 }).length };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { bytes, gzippedBytes } = await bundleClient();
  process.stdout.write(`@ramal/client: ${bytes} bytes, ${gzippedBytes} gzipped\n`);
}
