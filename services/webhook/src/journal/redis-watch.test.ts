import { sleepUntil } from '@ramal/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type RedisWatch, startRedisWatch } from './redis-watch.ts';

let connected: boolean;
let identity: string | Error;
let hasTrial: boolean;
let happened: string[];
let lose: () => void;
let watch: RedisWatch;
beforeEach(() => {
  [connected, identity, hasTrial, happened] = [true, 'run-1', false, []];
  watch = startRedisWatch({
    isConnected: () => connected,
    async readIdentity() {
      if (identity instanceof Error) throw identity;
      return identity;
    },
    onConnectionLost(lost) {
      lose = lost;
    },
    hasTrial: () => hasTrial,
    onReplaced: () => happened.push('replaced'),
    onDown: () => happened.push('down'),
    onUp: () => happened.push('up'),
    onReady: () => happened.push(`ready ${watch.state()}`),
    everyMs: 5,
  });
});
afterEach(() => watch.stop());
const comesTo = (state: string) => sleepUntil(() => watch.state() === state);

it('is up once Redis was heard, and says nothing of an outage that was none', async () => {
  await comesTo('up');
  expect(happened).toEqual(['ready up']);
});

it('says once that Redis is away, however many find out, and once that it is back', async () => {
  await comesTo('up');
  connected = false;
  lose();
  for (let i = 0; i < 5; i++) watch.failed(new Error('Connection is closed.'));
  expect(watch.state()).toBe('down');
  connected = true;
  await comesTo('up');
  expect(happened).toEqual(['ready up', 'down', 'up', 'ready up']);
});

it('lets one write show that Redis takes any, where there is one', async () => {
  await comesTo('up');
  hasTrial = true;
  watch.failed(Object.assign(new Error('OOM command not allowed'), { name: 'ReplyError' }));
  await comesTo('trial');
  watch.failed(Object.assign(new Error('OOM command not allowed'), { name: 'ReplyError' }));
  expect(watch.state()).toBe('down');
  await comesTo('trial');
  watch.worked();
  expect(watch.state()).toBe('up');
  expect(happened.filter((one) => one === 'up')).toHaveLength(1);
});

it('is not taken down by an error that is the command’s own', async () => {
  await comesTo('up');
  watch.failed(new TypeError('a bug'));
  watch.failed(Object.assign(new Error('ERR wrong number of arguments'), { name: 'ReplyError' }));
  expect(watch.state()).toBe('up');
});

it('tells of another server, or one with another past, before it is up', async () => {
  await comesTo('up');
  connected = false;
  lose();
  identity = 'run-2';
  connected = true;
  await comesTo('up');
  expect(happened).toEqual(['ready up', 'down', 'replaced', 'up', 'ready up']);
});

it('notices a Redis that is silent though it is connected', async () => {
  await comesTo('up');
  identity = new Error('Command timed out');
  await sleepUntil(() => watch.state() === 'down', { timeoutMs: 10_000 });
  identity = 'run-1';
  await comesTo('up');
  expect(happened).not.toContain('replaced');
});
