import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { GIVES_WAY } from './give-way.ts';

const run = promisify(execFile);
const DIST = new URL('../dist/index.js', import.meta.url).href;

describe('giveWay', () => {
  it.runIf(process.platform === 'linux')(
    'lowers every thread of the process, the engine’s own too',
    async () => {
      const program = `
      import { readdirSync } from 'node:fs';
      import { getPriority } from 'node:os';
      import { giveWay } from ${JSON.stringify(DIST)};
      giveWay();
      console.log(JSON.stringify(readdirSync('/proc/self/task').map((thread) => getPriority(Number(thread)))));`;
      const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program]);
      const priorities = JSON.parse(stdout) as number[];
      expect(priorities.length).toBeGreaterThan(1);
      expect(new Set(priorities)).toEqual(new Set([GIVES_WAY]));
    },
  );
});
