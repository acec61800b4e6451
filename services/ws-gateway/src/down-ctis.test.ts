import { sleepUntil } from '@ramal/testkit';
import { afterEach, expect, it } from 'vitest';
import { createNotedEvents } from '../test/noted-events.ts';
import { type DownCtis, startDownCtis } from './down-ctis.ts';

let watched: DownCtis | undefined;
afterEach(() => watched?.stop());

it('knows at once and from then on which CTIs are down, and what it knew stands while that can’t be read', async () => {
  const events = createNotedEvents();
  let reads = 0;
  let answer: () => Promise<ReadonlySet<string>> = async () => new Set(['acme']);
  const read = () => {
    reads += 1;
    return answer();
  };
  watched = startDownCtis({ read, events });
  await sleepUntil(() => watched?.has('acme'));
  expect(watched.has('globex')).toBe(false);

  answer = () => Promise.reject(new Error('redis is away'));
  const before = reads;
  await sleepUntil(() => reads > before + 1);
  expect(watched.has('acme')).toBe(true);

  answer = async () => new Set(['globex']);
  await sleepUntil(() => watched?.has('globex'));
  expect(watched.has('acme')).toBe(false);
});
