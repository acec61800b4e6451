import { sleepUntil } from '@ramal/testkit';
import { describe, expect, it } from 'vitest';
import { type Child, runChild } from '../test/run-child.ts';

/** A service whose releases report themselves; `body` is what its start does. */
function run(body: string, options = ''): Child {
  return runChild(`
    const say = (line) => console.log(line);
    await runService({
      logger: createLogger('child', 'info'),
      watchParent: false,
      releaseTimeoutMs: 150,
      ${options}
      async start(releasers) {
        ${body}
        say('started');
      },
    });
  `);
}
const started = (child: Child) => sleepUntil(() => child.lines.includes('started'), { timeoutMs: 30_000 });
const said = (child: Child) => child.lines.filter((line) => !line.startsWith('{'));
const logged = (child: Child, message: string) =>
  child.lines.some((line) => line.includes(`"msg":"${message}"`));

const THREE = `
  releasers.add('first', () => say('first released'));
  releasers.add('second', async () => { await null; say('second released'); });
  releasers.add('third', () => say('third released'));
`;
const RELEASED = ['third released', 'second released', 'first released'];
// Something that keeps a process alive, as a listener does.
const ALIVE = 'setInterval(() => undefined, 1000);';

describe('a service', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'at %s releases everything, last in first out, and ends well',
    async (signal) => {
      const child = run(ALIVE + THREE);
      await started(child);
      child.kill(signal);
      expect(await child.exited).toEqual([0, null]);
      expect(said(child)).toEqual(['started', ...RELEASED]);
      expect(logged(child, 'stopped')).toBe(true);
    },
  );

  it('gives up a release that hangs or fails, and goes on with the others', async () => {
    const child = run(`${ALIVE}
      releasers.add('first', () => say('first released'));
      releasers.add('hanging', () => new Promise(() => undefined));
      releasers.add('failing', async () => { throw new Error('no'); });
      releasers.add('throwing', () => { throw new Error('no'); });
    `);
    await started(child);
    child.kill('SIGTERM');
    expect(await child.exited).toEqual([0, null]);
    expect(said(child)).toEqual(['started', 'first released']);
    const failures = child.lines.filter((line) => line.includes('"release failed"'));
    expect(failures.map((line) => (JSON.parse(line) as { name: string }).name)).toEqual([
      'throwing',
      'failing',
      'hanging',
    ]);
  });

  it('gives one release the time it asks for', async () => {
    const child = run(`${ALIVE}
      releasers.add('patient', () => new Promise((resolve) => setTimeout(resolve, 600)).then(() => say('done')), 60_000);
    `);
    await started(child);
    child.kill('SIGTERM');
    expect(await child.exited).toEqual([0, null]);
    expect(said(child)).toEqual(['started', 'done']);
  });

  it('ends as it is when the whole stop takes too long, and says what held it up', async () => {
    const hanging = (name: string) => `releasers.add('${name}', () => new Promise(() => undefined));`;
    const child = run(
      `${ALIVE} ${['e', 'd', 'c', 'b', 'a'].map(hanging).join('')}`,
      'releaseTimeoutMs: 1_000, stopTimeoutMs: 1_500,',
    );
    await started(child);
    child.kill('SIGTERM');
    expect(await child.exited).toEqual([1, null]);
    const last = child.lines.findLast((line) => line.startsWith('{')) ?? '{}';
    expect(JSON.parse(last)).toMatchObject({
      level: 'fatal',
      held: expect.stringMatching(/^[ab]$/),
      msg: 'the stop takes too long: the process ends as it is',
    });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('asked once more, by %s, ends at once', async (signal) => {
    const child = run(
      `${ALIVE} releasers.add('slow', () => { say('releasing'); return new Promise(() => undefined); });`,
      'releaseTimeoutMs: 600_000, stopTimeoutMs: 600_000,',
    );
    await started(child);
    child.kill('SIGTERM');
    await sleepUntil(() => child.lines.includes('releasing'), { timeoutMs: 15_000 });
    child.kill(signal);
    expect(await child.exited).toEqual([1, null]);
    expect(logged(child, 'asked to stop again: the process ends as it is')).toBe(true);
  });

  it('that can’t start releases what it had, and ends badly', async () => {
    const child = run(`${THREE} throw new Error('no database');`);
    expect(await child.exited).toEqual([1, null]);
    expect(said(child)).toEqual(RELEASED);
    expect(logged(child, 'start failed')).toBe(true);
  });

  it.each([
    ['an exception nobody caught', "setTimeout(() => { throw new Error('bug'); }, 20);"],
    ['a rejection nobody caught', "setTimeout(() => void Promise.reject(new Error('bug')), 20);"],
  ])('ends badly but in order after %s', async (_, bug) => {
    const child = run(ALIVE + THREE + bug);
    expect(await child.exited).toEqual([1, null]);
    expect(said(child)).toEqual(['started', ...RELEASED]);
    expect(logged(child, 'uncaught exception')).toBe(true);
  });

  it('stopped while it is still starting lets go of what it has by then', async () => {
    const child = run(
      `${THREE} say('half-way'); await new Promise(() => setInterval(() => undefined, 1000));`,
    );
    await sleepUntil(() => child.lines.includes('half-way'), { timeoutMs: 30_000 });
    child.kill('SIGTERM');
    expect(await child.exited).toEqual([0, null]);
    expect(said(child)).toEqual(['half-way', ...RELEASED]);
  });

  it('goes with its supervisor', async () => {
    const child = run(ALIVE + THREE, 'watchParent: true,');
    await started(child);
    child.closeInput();
    expect(await child.exited).toEqual([0, null]);
    expect(said(child)).toEqual(['started', ...RELEASED]);
  });

  it('goes with its supervisor also where somebody else keeps its input open', async () => {
    // The middle process is the supervisor; the test holds the other end of what both read.
    const child = runChild(`
      if (process.env.INNER === undefined) {
        const { spawn } = await import('node:child_process');
        const inner = spawn(process.execPath, process.execArgv, {
          env: { ...process.env, INNER: '1' }, stdio: 'inherit',
        });
        setInterval(() => undefined, 1000);
      } else {
        await runService({
          logger: createLogger('child', 'info'),
          watchParent: true,
          async start() { console.log('started'); process.kill(process.ppid, 'SIGKILL'); },
        });
      }
    `);
    await sleepUntil(() => logged(child, 'stopped'), { timeoutMs: 15_000 });
    expect(child.lines.some((line) => line.includes('"why":"parent gone"'))).toBe(true);
    await child.exited;
  });

  it('goes also when nobody reads its last words any more', async () => {
    const child = run(ALIVE, 'watchParent: true,');
    await started(child);
    child.breakOutput();
    child.closeInput();
    expect(await child.exited).toEqual([0, null]);
  });

  it('does not mind its input otherwise', async () => {
    const child = run(ALIVE);
    child.closeInput();
    await started(child);
    child.kill('SIGTERM');
    expect(await child.exited).toEqual([0, null]);
  });
});
