import { randomUUID } from 'node:crypto';
import { auditResponse, erasureResponse, exportResponse } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import { afterAll, expect, test } from 'vitest';
import { openTenant, type TestTenant } from '../harness/open-tenant.ts';
import { sendCallback } from '../harness/send-callback.ts';
import { type SharedStack, useSharedStack } from '../harness/shared-stack.ts';

const NUMBER = '47988776655';
let system: SharedStack;
let tenant: TestTenant;
useSharedStack(async (shared) => {
  system = shared;
  tenant = await openTenant(system, `privacy-${randomUUID()}`);
});
afterAll(async () => {
  await tenant?.close();
});

const callBack = (kind: string) =>
  sendCallback(
    `${system.dev.webhookUrl}/v1/cti/${tenant.callbackToken}/${kind}?origem=${NUMBER}&destino=3501`,
  );
const ask = async (what: 'erasures' | 'exports') =>
  (await system.api('POST', `/v1/privacy/${what}`, { tenant: tenant.tenant, number: '(47) 98877-6655' }))
    .body;

// With the services' own roles and users, as all stacks of the tests.
test('threat 11 threat 12 a caller is exported and erased through the api, also what a later callback tells of them', async () => {
  const agent = await tenant.connect();
  await callBack('incoming');
  await agent.waitFor(({ op }) => op === 'popup.show');
  await callBack('ended');
  const { callId } = await waitForEnd(agent);
  await system.history.waitForEnd(callId, 20_000);
  expect(exportResponse.parse(await ask('exports')).calls).toMatchObject([{ stored: true }]);

  expect(erasureResponse.parse(await ask('erasures'))).toMatchObject({ status: 'done' });
  expect((await callBack('recording')).status).toBe(200);
  const rows = () =>
    system.history.query<{ text: string }>(
      `select row_to_json(calls)::text as text from calls where call_id = $1
       union all select row_to_json(call_events)::text from call_events where call_id = $1
       union all select row_to_json(call_traces)::text from call_traces where call_id = $1`,
      [callId],
    );
  expect((await rows()).map(({ text }) => text).join('\n')).not.toMatch(/98877-?6655/);
  expect(
    exportResponse
      .parse(await ask('exports'))
      .calls.filter((call) => 'callId' in call && call.callId === callId),
  ).toEqual([]);

  const audit = auditResponse.parse(
    (await system.api('GET', `/v1/audit?tenant=${encodeURIComponent(tenant.tenant)}&action=person.erased`))
      .body,
  );
  expect(audit.entries).toHaveLength(1);
  expect(JSON.stringify(audit)).not.toMatch(/98877-?6655/);
  // History lays the chain over the log.
  const sealed = () =>
    system.history.query(
      'select 1 from audit_seals join audit_log on id = audit_id where action = $1 and tenant = $2',
      ['person.erased', tenant.tenant],
    );
  await sleepUntil(async () => (await sealed()).length > 0, {
    timeoutMs: 30_000,
    everyMs: 250,
    describe: 'the entry of the erasure to be sealed',
  });
});

async function waitForEnd(agent: Awaited<ReturnType<TestTenant['connect']>>) {
  const shown = await agent.waitFor(
    ({ op, data }) => op === 'popup.show' && 'kind' in data && data.kind === 'end',
  );
  return shown.data as { callId: string };
}
