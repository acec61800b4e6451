import { randomUUID } from 'node:crypto';
import { callsResponse } from '@ramal/contracts';
import { afterAll, expect, test } from 'vitest';
import { dial, waitForPopup } from '../harness/agent-events.ts';
import { openTenant, type TestTenant } from '../harness/open-tenant.ts';
import { type SharedStack, useSharedStack } from '../harness/shared-stack.ts';

let system: SharedStack;
const tenants: TestTenant[] = [];

useSharedStack((shared) => {
  system = shared;
});
afterAll(async () => {
  await Promise.all(tenants.map((tenant) => tenant.close()));
});

/** A company of Joinville, its settings in place before any service has looked at it. */
async function openWith(name: string, settings: object | null, usaZero = 0): Promise<TestTenant> {
  const tenant = await openTenant(system, name);
  tenants.push(tenant);
  const ofCompany = 'empresa_id = (select empresa_id from wl_chamados_empresa where tenant = $1)';
  await system.history.query(`update empresas set cti_usa_zero_ddd = $2 where ${ofCompany}`, [name, usaZero]);
  if (settings !== null) {
    await system.history.query(
      'insert into cti_settings select empresa_id, $2 from wl_chamados_empresa where tenant = $1',
      [name, JSON.stringify(settings)],
    );
  }
  await tenant.openCti();
  return tenant;
}

test('R34 an old mobile is dialled with DDD and ninth digit, and its callbacks find the call', async () => {
  const tenant = await openWith('norm', { normalize: true, areaCode: '47' });
  const rita = await tenant.connect();
  const callId = await dial(rita, randomUUID(), '9999-1234');
  const peer = { raw: '99991234', e164: '+5547999991234', display: '(47) 99999-1234' };
  expect((await waitForPopup(rita, 'start', callId)).peer).toEqual(peer);
  expect((await waitForPopup(rita, 'end', callId, 10_000)).peer).toEqual(peer);
  expect(tenant.originates().map(({ destination }) => destination)).toEqual(['47999991234']);
  await system.history.waitForCalls({ tenant: 'norm' }, (calls) =>
    calls.every(({ state }) => state === 'ended'),
  );
  const { body } = await system.api('GET', '/v1/calls?tenant=norm');
  expect(callsResponse.parse(body).calls).toMatchObject([{ callId, peer, result: 'completed' }]);

  const placed = await system.api('POST', '/v1/calls', {
    tenant: 'norm',
    user: 'agent-1',
    to: '0 15 11 3210-0123',
  });
  expect(placed).toMatchObject({ body: { callId: expect.any(String) } });
  expect((await waitForPopup(rita, 'start')).peer).toEqual({
    raw: '0151132100123',
    e164: '+551132100123',
    display: '(11) 3210-0123',
  });
});

test('R34 R45 the caller of a call received has an E.164 too, and an extension none', async () => {
  const tenant = await openWith('norm-in', { normalize: true, areaCode: '47' });
  const rita = await tenant.connect();
  tenant.simulator.placeIncoming({ account: 'norm-in', from: '32100123', to: '3501' });
  const { peer } = await waitForPopup(rita, 'incoming');
  expect(peer).toEqual({ raw: '32100123', e164: '+554732100123', display: '(47) 3210-0123' });
  const callId = await dial(rita, randomUUID(), '3502');
  expect((await waitForPopup(rita, 'start', callId)).peer).toEqual({
    raw: '3502',
    e164: null,
    display: '3502',
  });
});

test('R10 R34 the literal zero goes before the normalised number, and not before an extension', async () => {
  const tenant = await openWith('norm-zero', { normalize: true, areaCode: '47', carrierCode: '15' }, 1);
  const rita = await tenant.connect();
  for (const to of ['(47) 3210-0123', '11 9999-1234', '3502', '190']) {
    await waitForPopup(rita, 'start', await dial(rita, randomUUID(), to));
  }
  await expect
    .poll(() => new Set(tenant.originates().map(({ destination }) => destination)), { timeout: 10_000 })
    .toEqual(new Set(['04732100123', '001511999991234', '0190', '3502']));
});

test('R34 without the opt-in a number is dialled and shown as it was typed', async () => {
  const tenant = await openWith('plain', { areaCode: '47', carrierCode: '15' });
  const rita = await tenant.connect();
  const callId = await dial(rita, randomUUID(), '9999-1234');
  const { peer } = await waitForPopup(rita, 'end', callId, 10_000);
  expect(peer).toEqual({ raw: '99991234', e164: null, display: '99991234' });
  expect(tenant.originates().map(({ destination }) => destination)).toEqual(['99991234']);
});
