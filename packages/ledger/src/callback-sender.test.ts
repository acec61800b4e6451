import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sleepUntil } from '@ramal/testkit';
import { afterEach, expect, it } from 'vitest';
import { type CallbackSender, createCallbackSender, type SentCallback } from './callback-sender.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A webhook that gives these answers in turn, the nth so many ms late, and a CTI that tells it things. */
async function start(
  answers: number[],
  answerAfterMs: (nth: number) => number = () => 0,
): Promise<{ sender: CallbackSender; asked: () => number }> {
  let asked = 0;
  const server = createServer((_, response) => {
    response.statusCode = answers[asked] ?? 200;
    setTimeout(() => response.end(), answerAfterMs(asked));
    asked += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sender = createCallbackSender([`http://127.0.0.1:${(server.address() as AddressInfo).port}`]);
  closers.push(sender.stop, () => server.close());
  return { sender, asked: () => asked };
}

const ring = (): SentCallback =>
  ({
    call: { tenant: { callbackToken: 'token', sendsIds: false } },
    callback: { kind: 'incoming', variables: { origem: '4732100123', destino: '3501' } },
    sentAtMs: null,
    acknowledged: 0,
  }) as unknown as SentCallback;

it('tries again what was sent away, until it is acknowledged', async () => {
  const { sender, asked } = await start([503, 500]);
  const sent = ring();
  sender.send(sent);
  await sleepUntil(() => sender.pending() === 0);
  expect([asked(), sent.acknowledged, sender.counts.non2xx]).toEqual([3, 1, 2]);
});

it('does not try again a double that was sent away when its callback is acknowledged, and sends every double once', async () => {
  const { sender, asked } = await start([503, 200]);
  const sent = ring();
  sender.send(sent);
  sender.send(sent);
  await sleepUntil(() => sender.pending() === 0);
  expect([asked(), sent.acknowledged]).toEqual([2, 1]);
  const both = ring();
  sender.send(both);
  sender.send(both);
  await sleepUntil(() => sender.pending() === 0);
  expect([asked(), both.acknowledged]).toEqual([4, 2]);
});

it('leaves out a double that waited long for a connection, when its callback is acknowledged', async () => {
  const { sender, asked } = await start([], (nth) => (nth === 0 ? 0 : 2_500));
  const told = ring();
  sender.send(told);
  await sleepUntil(() => sender.pending() === 0);
  for (let connection = 0; connection < 24; connection++) sender.send(ring());
  const untold = ring();
  for (const one of [told, untold]) sender.send(one);
  await sleepUntil(() => sender.pending() === 0);
  expect([asked(), told.acknowledged, untold.acknowledged]).toEqual([26, 1, 1]);
});
