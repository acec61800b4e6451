import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { DIALER_FAILPOINTS } from './dialer-failpoints.ts';
import {
  announceFailpoints,
  createFailpoint,
  type FailpointSpec,
  FailpointsRefusedError,
  parseFailpoints,
} from './failpoint.ts';

const BUILT = new URL('../dist/failpoint.js', import.meta.url).href;

/** A process that passes `dialer.after_sent` five times and says so each time. */
async function passFiveTimes(env: Record<string, string>) {
  const script = `
    const { failpoint } = await import(${JSON.stringify(BUILT)});
    for (let pass = 1; pass <= 5; pass++) {
      const before = performance.now();
      failpoint('dialer.before_sent');
      failpoint('dialer.after_sent');
      console.log(pass + ' ' + Math.round(performance.now() - before));
    }`;
  const { NODE_ENV: _, ...inherited } = process.env;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (data) => {
    output += String(data);
  });
  const signal = await new Promise<NodeJS.Signals | null>((resolve) => {
    child.once('close', (_code, by) => resolve(by));
  });
  const passes = output.trim().split('\n').filter(Boolean);
  return { signal, passes: passes.length, tookMs: passes.map((line) => Number(line.split(' ')[1])) };
}

describe('a process with failpoints', () => {
  it('is killed at its point, as by kill -9', async () => {
    const { signal, passes } = await passFiveTimes({ RAMAL_FAILPOINTS: 'dialer.after_sent=kill' });
    expect([signal, passes]).toEqual(['SIGKILL', 0]);
  });

  it('is killed the third time it passes', async () => {
    const { signal, passes } = await passFiveTimes({ RAMAL_FAILPOINTS: 'dialer.after_sent=kill#3' });
    expect([signal, passes]).toEqual(['SIGKILL', 2]);
  });

  it('is frozen for as long as it says, and goes on', async () => {
    const { signal, passes, tookMs } = await passFiveTimes({
      RAMAL_FAILPOINTS: 'dialer.after_sent=stop:300#2, dialer.never=kill',
    });
    expect([signal, passes]).toEqual([null, 5]);
    expect(tookMs[1]).toBeGreaterThanOrEqual(295);
  });

  it.each<[string, Record<string, string>]>([
    ['without any', {}],
    ['with an empty setting', { RAMAL_FAILPOINTS: '' }],
    ['at a probability of 0', { RAMAL_FAILPOINTS: 'dialer.after_sent=kill:0' }],
    ['in production', { RAMAL_FAILPOINTS: 'dialer.after_sent=kill', NODE_ENV: 'production' }],
  ])('%s lives', async (_, env) => {
    expect(await passFiveTimes(env)).toMatchObject({ signal: null, passes: 5 });
  });
});

describe('the setting', () => {
  it('is read whole', () => {
    expect(parseFailpoints('a.b=kill, a.c=kill:0.05,a.d=stop:2000#3,a.e=kill:1#2,')).toEqual([
      { point: 'a.b', action: { kind: 'kill' }, probability: 1, pass: null },
      { point: 'a.c', action: { kind: 'kill' }, probability: 0.05, pass: null },
      { point: 'a.d', action: { kind: 'stop', ms: 2000 }, probability: 1, pass: 3 },
      { point: 'a.e', action: { kind: 'kill' }, probability: 1, pass: 2 },
    ]);
  });

  it.each(['a.b', 'a.b=', 'a.b=explode', 'a.b=kill:2', 'a.b=kill:-1', 'a.b=kill#0', 'a.b=stop', 'a b=kill'])(
    '%j is refused',
    (text) => {
      expect(() => parseFailpoints(text)).toThrow(FailpointsRefusedError);
    },
  );

  it('acts at the probability it names', () => {
    let chance = 0;
    let acted = 0;
    const specs: FailpointSpec[] = parseFailpoints('a.b=kill:0.05');
    const failpoint = createFailpoint(
      specs,
      () => {
        acted += 1;
      },
      () => {
        chance = (chance + 1) % 100;
        return chance / 100;
      },
    );
    for (let pass = 0; pass < 1_000; pass++) failpoint('a.b');
    expect(acted).toBe(50);
  });
});

describe('at the start of a service', () => {
  const start = (env: Record<string, string>) => {
    const said: string[] = [];
    announceFailpoints({ warn: (_, message) => void said.push(message) }, DIALER_FAILPOINTS, env);
    return said.join();
  };

  it('failpoints that are on are said loudly, others not at all', () => {
    expect(start({})).toBe('');
    expect(start({ RAMAL_FAILPOINTS: 'dialer.after_sent=kill:0.05' })).toContain('FAILPOINTS ARE ON');
  });

  it.each<[string, Record<string, string>]>([
    ['production', { RAMAL_FAILPOINTS: 'dialer.after_sent=kill', NODE_ENV: 'production' }],
    ['a point there is not', { RAMAL_FAILPOINTS: 'dialer.after_send=kill' }],
    ['what can’t be read', { RAMAL_FAILPOINTS: 'dialer.after_sent' }],
  ])('%s is refused', (_, env) => {
    expect(() => start(env)).toThrow(FailpointsRefusedError);
  });

  it('points of other services are none of its business', () => {
    expect(start({ RAMAL_FAILPOINTS: 'webhook.after_commit=kill' })).toContain('ON');
  });
});
