import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createSilenceWatch, type SilenceWatch } from './silence-watch.ts';

let told: string[];
let watch: SilenceWatch<string>;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  told = [];
  watch = createSilenceWatch<string>({
    silenceMs: 8_000,
    ping: (socket) => void told.push(`ping ${socket}`),
    cut(socket) {
      told.push(`cut ${socket}`);
      watch.forget(socket);
    },
  });
});
afterEach(() => {
  watch.stop();
  vi.useRealTimers();
});

it('threat 9 pings a silent socket once, and cuts it when nothing comes', () => {
  watch.heard('a');
  vi.advanceTimersByTime(7_000);
  expect(told).toEqual(['ping a']);
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual(['ping a', 'cut a']);
});

it('leaves alone who answers, for as long as that lasts', () => {
  watch.heard('a');
  for (let i = 0; i < 10; i++) {
    vi.advanceTimersByTime(5_000);
    watch.heard('a');
  }
  expect(told).toEqual(Array.from({ length: 10 }, () => 'ping a'));
  vi.advanceTimersByTime(60_000);
  expect(told.at(-1)).toBe('cut a');
});

it('leaves alone who talks, and forgets who is gone', () => {
  watch.heard('gone');
  watch.forget('gone');
  for (let i = 0; i < 20; i++) {
    watch.heard('a');
    vi.advanceTimersByTime(3_000);
  }
  expect(told).toEqual([]);
});
