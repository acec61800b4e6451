import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** Where the bundle lies: one ES module that a page can import as it is. */
const BUNDLE = path('dist/ramal-client.min.js');

/** Bundles the source. Resolves with the code and its sizes in bytes. */
export async function bundleClient() {
  const build = await rolldown({
    input: path('src/index.ts'),
    platform: 'browser',
    // Browsers since the middle of 2022: Chrome 103, Firefox 101, Safari 15.4.
    transform: { target: 'es2022' },
    tsconfig: false,
    logLevel: 'silent',
  });
  const { output } = await build.generate({ format: 'esm', minify: true, comments: false });
  await build.close();
  const [{ code }] = output;
  return { code, bytes: Buffer.byteLength(code), gzippedBytes: gzipSync(code, { level: 9 }).length };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { code, bytes, gzippedBytes } = await bundleClient();
  mkdirSync(path('dist'), { recursive: true });
  writeFileSync(BUNDLE, code);
  process.stdout.write(`@ramal/client: ${bytes} bytes, ${gzippedBytes} gzipped\n`);
}
