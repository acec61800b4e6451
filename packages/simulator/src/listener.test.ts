import { get } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSimulator, type Simulator } from './simulator.ts';

let simulator: Simulator;
let url = '';

beforeEach(async () => {
  simulator = createSimulator({ accounts: [{ name: 'a', path: '/a', auth: 0 }] });
  url = (await simulator.start()).url;
});
afterEach(() => simulator.stop());

function probe(path = '/healthz'): Promise<number | string | undefined> {
  return new Promise((resolve) => {
    get(`${url}${path}`, { agent: false }, (response) => resolve(response.resume().statusCode)).on(
      'error',
      (error: NodeJS.ErrnoException) => resolve(error.code),
    );
  });
}

test('refuse closes the port for real, and the same port accepts again', async () => {
  await simulator.refuse({ ms: 150 });
  expect(await probe()).toBe('ECONNREFUSED');
  await expect.poll(() => probe(), { timeout: 3000 }).toBe(200);
});

test('refuse cuts connections that are open', async () => {
  simulator.behave({ fault: 'mute' });
  const waiting = probe('/a?origem=1&destino=2');
  await expect.poll(() => simulator.originates().length).toBe(1);
  await simulator.refuse({ ms: 60_000 });
  expect(await waiting).toBe('ECONNRESET');
  expect(await probe()).toBe('ECONNREFUSED');
});

test('a later refuse replaces the earlier one', async () => {
  await simulator.refuse({ ms: 60_000 });
  await simulator.refuse({ ms: 20 });
  await expect.poll(() => probe(), { timeout: 3000 }).toBe(200);
});

test('stop during refuse stays stopped', async () => {
  await simulator.refuse({ ms: 10 });
  await simulator.stop();
  // Taking the port ourselves proves that nothing comes back to it.
  const heir = createSimulator({ accounts: [], port: Number(new URL(url).port) });
  await heir.start();
  expect(await probe('/control/calls')).toBe(200);
  await heir.stop();
  expect(await probe()).toBe('ECONNREFUSED');
});

test('stop while a port is opening leaves it closed', async () => {
  const other = createSimulator({ accounts: [] });
  const starting = other.start();
  await other.stop();
  url = (await starting).url;
  expect(await probe()).toBe('ECONNREFUSED');
});

test('a taken port is an error of start', async () => {
  const second = createSimulator({ accounts: [], port: Number(new URL(url).port) });
  await expect(second.start()).rejects.toThrow('EADDRINUSE');
  await second.stop();
});
