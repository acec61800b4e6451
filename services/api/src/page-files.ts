import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';

/** One file of the demo page, in memory: what is served is what was there at the start, and nothing else. */
export interface PageFile {
  /** Path under the api's root. */
  path: string;
  contentType: string;
  body: Buffer;
}

const CONTENT_TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** Reads the demo page; `index.html` becomes `/`. */
export async function readPageFiles(
  folder: URL = new URL('../public/', import.meta.url),
): Promise<PageFile[]> {
  const names = (await readdir(folder)).filter((name) => extname(name) in CONTENT_TYPES);
  return Promise.all(
    names.map(async (name) => ({
      path: name === 'index.html' ? '/' : `/${name}`,
      contentType: CONTENT_TYPES[extname(name)] ?? 'application/octet-stream',
      body: await readFile(new URL(name, folder)),
    })),
  );
}
