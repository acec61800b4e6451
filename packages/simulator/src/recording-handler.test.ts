import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSimulator } from './simulator.ts';

const simulator = createSimulator({ accounts: [] });
let address = '';

beforeAll(async () => {
  address = `${(await simulator.start()).url}/recordings/${randomUUID()}.wav`;
});
afterAll(() => simulator.stop());

async function fetchWhole(): Promise<Buffer> {
  return Buffer.from(await (await fetch(address)).arrayBuffer());
}

test('a recording is a WAV of 8 kHz mono 16 bit PCM whose sizes add up', async () => {
  const reply = await fetch(address);
  const wav = Buffer.from(await reply.arrayBuffer());

  expect(reply.headers.get('content-type')).toBe('audio/wav');
  expect(reply.headers.get('content-length')).toBe(String(wav.length));
  expect(wav.toString('latin1', 0, 4)).toBe('RIFF');
  expect(wav.readUInt32LE(4)).toBe(wav.length - 8);
  expect(wav.toString('latin1', 8, 16)).toBe('WAVEfmt ');
  expect(wav.readUInt16LE(20)).toBe(1);
  expect(wav.readUInt16LE(22)).toBe(1);
  expect(wav.readUInt32LE(24)).toBe(8000);
  expect(wav.readUInt32LE(28)).toBe(16_000);
  expect(wav.readUInt16LE(34)).toBe(16);
  expect(wav.toString('latin1', 36, 40)).toBe('data');
  expect(wav.readUInt32LE(40)).toBe(wav.length - 44);
});

test('a recording lasts 1 to 2 seconds and is not silent', async () => {
  const wav = await fetchWhole();
  const samples = (wav.length - 44) / 2;
  expect(samples).toBeGreaterThanOrEqual(8000);
  expect(samples).toBeLessThanOrEqual(16_000);
  const loudest = Math.max(...Array.from({ length: samples }, (_, i) => wav.readInt16LE(44 + i * 2)));
  expect(loudest).toBeGreaterThan(5000);
});

test('the same address always gives the same bytes', async () => {
  expect((await fetchWhole()).equals(await fetchWhole())).toBe(true);
});

test('a range gives 206 with exactly these bytes of the whole', async () => {
  const whole = await fetchWhole();
  const reply = await fetch(address, { headers: { range: 'bytes=100-299' } });
  expect(reply.status).toBe(206);
  expect(reply.headers.get('content-range')).toBe(`bytes 100-299/${whole.length}`);
  expect(Buffer.from(await reply.arrayBuffer()).equals(whole.subarray(100, 300))).toBe(true);
});

test('a range behind the end gives 416 with the size', async () => {
  const whole = await fetchWhole();
  const reply = await fetch(address, { headers: { range: `bytes=${whole.length}-` } });
  expect(reply.status).toBe(416);
  expect(reply.headers.get('content-range')).toBe(`bytes */${whole.length}`);
});

test('HEAD tells the size without a body', async () => {
  const whole = await fetchWhole();
  const reply = await fetch(address, { method: 'HEAD' });
  expect(reply.status).toBe(200);
  expect(reply.headers.get('content-length')).toBe(String(whole.length));
  expect((await reply.arrayBuffer()).byteLength).toBe(0);
});

test('what is no call id is 404, what is no read is 405', async () => {
  expect((await fetch(new URL('/recordings/nothing.wav', address))).status).toBe(404);
  expect((await fetch(address, { method: 'DELETE' })).status).toBe(405);
});
