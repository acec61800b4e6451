import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** `ramal.js` for a script tag; `ramal-popup.js` is the same as a module. The build makes both: scripts/bundle-scripts.mjs. */
const SCRIPT_NAMES = ['ramal.js', 'ramal-popup.js'];

export interface PublicScript {
  /** Path under the api's root. */
  path: string;
  body: Buffer;
  gzipped: Buffer;
  /** Changes with any byte; unquoted. */
  tag: string;
}

/** Reads what CRMs' pages load (R36), into memory. @throws where the build has not made it */
export function readPublicScripts(
  folder: URL = new URL('../dist/public/', import.meta.url),
): Promise<PublicScript[]> {
  return Promise.all(
    SCRIPT_NAMES.map(async (name) => {
      const body = await readFile(new URL(name, folder));
      return {
        path: `/${name}`,
        body,
        gzipped: await promisify(gzip)(body, { level: 9 }),
        tag: createHash('sha256').update(body).digest('hex').slice(0, 20),
      };
    }),
  );
}
