import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** The script a CRM's page includes; it loads the modules. */
export const LOADER_FILE = 'ramal.js';

/** The drop-in's own modules and what it shares with the agent page. */
const MODULE_FILES = [
  'agent-session.js',
  'click-to-dial.js',
  'drop-in-panel.js',
  'drop-in-style.js',
  'drop-in.js',
  'element.js',
  'gateway-connection.js',
  'http.js',
  'intent-id.js',
  'language.js',
  'popup-cards.js',
  'texts.js',
];

export interface DropInFile {
  body: string;
  /** Quoted, as HTTP wants it. */
  etag: string;
}

/** The drop-in script for CRM pages (R36), in memory. */
export interface DropIn {
  /** Changes with any byte of any module. */
  version: string;
  loader: DropInFile;
  modules: ReadonlyMap<string, DropInFile>;
}

/** Reads the drop-in script and puts the version of its modules into it. */
export async function readDropIn(folder: URL = new URL('../public/', import.meta.url)): Promise<DropIn> {
  const read = (name: string) => readFile(new URL(name, folder), 'utf8');
  const [loader, ...bodies] = await Promise.all([LOADER_FILE, ...MODULE_FILES].map(read));
  const version = toHash(bodies.join('\u0000'));
  return {
    version,
    loader: toFile((loader ?? '').replace("VERSION = 'current'", `VERSION = '${version}'`)),
    modules: new Map(MODULE_FILES.map((name, i) => [name, toFile(bodies[i] ?? '')])),
  };
}

function toFile(body: string): DropInFile {
  return { body, etag: `"${toHash(body)}"` };
}

function toHash(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 20);
}
