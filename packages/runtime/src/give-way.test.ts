import { execFile } from 'node:child_process';
import { getPriority } from 'node:os';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { GIVES_WAY } from './give-way.ts';

const run = promisify(execFile);
const DIST = new URL('../dist/index.js', import.meta.url).href;

/** The niceness of each thread of a process that gives way, `before` the one it was started with. */
async function prioritiesOf(before: number): Promise<number[]> {
  const program = `
    import { readdirSync } from 'node:fs';
    import { getPriority, setPriority } from 'node:os';
    for (const thread of readdirSync('/proc/self/task')) setPriority(Number(thread), ${before});
    const { giveWay } = await import(${JSON.stringify(DIST)});
    giveWay();
    console.log(JSON.stringify(readdirSync('/proc/self/task').map((thread) => getPriority(Number(thread)))));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program]);
  return JSON.parse(stdout) as number[];
}

describe.runIf(process.platform === 'linux')('giveWay', () => {
  it.each([
    ['lowers every thread of the process, the engine’s own too', getPriority(), GIVES_WAY],
    ['lets those stay who give way more', 15, 15],
  ])('%s', async (_, before, after) => {
    const priorities = await prioritiesOf(before);
    expect(priorities.length).toBeGreaterThan(1);
    expect(new Set(priorities)).toEqual(new Set([Math.max(after, getPriority())]));
  });
});
