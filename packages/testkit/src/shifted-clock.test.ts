import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { toShiftedClock } from '@ramal/testkit';
import { expect, it } from 'vitest';

const SCRIPT = `console.log(JSON.stringify([Date.now(), +new Date(), Date.parse(Date()), +new Date(5), Date.UTC(1970, 0, 1),
  new Date() instanceof Date, structuredClone(new Date(7)) instanceof Date, performance.now() < 60_000]))`;

it.each([300_000, -300_000])(
  'a process whose clock is wrong by %i ms sees it in every way to ask',
  async (offsetMs) => {
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', SCRIPT], {
      env: { ...process.env, ...toShiftedClock(offsetMs) },
    });
    const [now = 0, made = 0, parsed = 0, ...rest] = JSON.parse(stdout) as number[];
    for (const ms of [now, made, parsed]) expect(Math.abs(ms - offsetMs - Date.now())).toBeLessThan(60_000);
    expect(rest).toEqual([5, 0, true, true, true]);
  },
  20_000,
);
