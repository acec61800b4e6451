import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { alternate } from './alternate.ts';
import { chooseCores, pin } from './cores.ts';
import { readCpuMs, readResidentBytes } from './process-figures.ts';

const quiet = { log: () => undefined, signal: new AbortController().signal };

describe.skipIf(process.platform !== 'linux')('measuring', () => {
  const children: ReturnType<typeof spawn>[] = [];
  afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

  it('reads from the operating system what a process has used of CPU and holds of memory', async () => {
    const before = await readCpuMs([process.pid]);
    const untilMs = performance.now() + 60;
    while (performance.now() < untilMs) Math.sqrt(Math.random());
    expect(await readCpuMs([process.pid])).toBeGreaterThan(before);
    expect(await readResidentBytes(process.pid)).toBeGreaterThan(10_000_000);
    await expect(readCpuMs([2 ** 30])).rejects.toThrow('ENOENT');
  });

  it('binds a process with its threads to a core', async () => {
    const cores = await chooseCores();
    if (cores.unpinned !== null) return expect(cores.unpinned).not.toBe('');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    children.push(child);
    await pin(child.pid ?? 0, cores.server);
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
    expect(/^Cpus_allowed_list:\s+(\S+)/m.exec(status)?.[1]).toBe(String(cores.server));
  });

  it('takes sides in turns, each run beginning with another, and leaves the first of each out', async () => {
    const order: string[] = [];
    const side = (name: string) => ({
      name,
      kind: 'floor' as const,
      measure: async () => ({ cost: order.push(name) }),
    });
    const [a] = await alternate([side('a'), side('b')], 3, quiet);
    expect(order.join('')).toBe('ababbaab');
    expect(a).toEqual({ name: 'a', kind: 'floor', runs: { cost: [3, 6, 7] }, medians: { cost: 6 } });
    const [once] = await alternate([side('a')], 1, quiet);
    expect(once?.runs).toEqual({ cost: [9] });
  });
});
