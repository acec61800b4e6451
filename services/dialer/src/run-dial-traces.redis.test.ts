import type { NewTrace } from '@ramal/bus';
import { type Answer, findFreePort, startPbx } from '@ramal/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTestDialer, profileOf, type TestDialer } from '../test/open-test-dialer.ts';
import type { Attempt } from './dial-attempt.ts';
import { runDial } from './run-dial.ts';

let dialer: TestDialer;
let traces: (NewTrace & { tenant: string })[] = [];
const open: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  dialer = await openTestDialer();
});
afterAll(() => dialer.close());
beforeEach(() => {
  traces = [];
});
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

const FIRST: Attempt = { number: 1, retryInMs: 250 };
type Job = Awaited<ReturnType<TestDialer['click']>>;
const run = ({ tenant, intentId }: Job, attempt = FIRST) =>
  runDial({ tenant, intentId }, attempt, {
    ...dialer.deps,
    recorder: {
      record: (of, trace) => void traces.push({ ...trace, tenant: of }),
      stop: async () => undefined,
    },
  });
const steps = () => traces.map(({ step, detail }) => ({ step, ...detail }));

async function pbxThat(answer?: Answer) {
  const pbx = await startPbx(answer);
  open.push(pbx);
  dialer.directory.profile = profileOf(pbx.port, { cti_autenticacao: 3 });
  return pbx;
}

test('I8 a dial leaves a trace of each step, without credentials or the whole number', async () => {
  const pbx = await pbxThat();
  const job = await dialer.click();
  await run(job);
  expect(steps()).toMatchObject([
    { step: 'job.taken', attempt: 1, waitedMs: expect.any(Number) },
    { step: 'cti.request', method: 'GET', attempt: 1, prefix: 'none' },
    { step: 'cti.answer', status: 200, latencyMs: expect.any(Number), verdict: 'dial.accepted' },
  ]);
  expect(
    traces.every(
      ({ tenant, callId, user }) => callId === job.callId && tenant === job.tenant && user === 'ana',
    ),
  ).toBe(true);
  expect(traces[1]?.detail?.['url']).toBe(
    `http://127.0.0.1:${pbx.port}/api/clicktodial?origem=3501&destino=********23&token=***`,
  );
  expect(JSON.stringify(traces)).not.toMatch(/canary|4732100123/);
  await run(job);
  expect(steps().at(-1)).toEqual({ step: 'job.skipped', why: 'accepted' });
});

test('a refusal and a connection that breaks say what the CTI did', async () => {
  await pbxThat((_request, response) => response.writeHead(401).end());
  await run(await dialer.click());
  expect(steps().at(-1)).toMatchObject({ step: 'cti.answer', status: 401, verdict: 'dial.failed' });
  await pbxThat((request) => request.socket.resetAndDestroy());
  await run(await dialer.click());
  expect(steps().at(-1)).toMatchObject({
    step: 'cti.answer',
    error: 'ECONNRESET',
    verdict: 'dial.uncertain',
  });
});

test('an attempt that reached nobody says why, and when the next one is', async () => {
  dialer.directory.profile = profileOf(await findFreePort());
  await expect(run(await dialer.click())).rejects.toThrow();
  expect(steps()).toMatchObject([
    { step: 'job.taken' },
    { step: 'job.unsent', why: 'ECONNREFUSED', attempt: 1, retryInMs: 250 },
  ]);
});
