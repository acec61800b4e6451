import { randomUUID } from 'node:crypto';
import type { CtiSettings } from '@ramal/cti';
import type { AgentClient } from '@ramal/testkit';
import { afterAll, describe, expect, test } from 'vitest';
import { dial, dialSteps, waitForFinal, waitForPopup } from '../harness/agent-events.ts';
import { changeConfiguration } from '../harness/change-configuration.ts';
import { openTenant, type TestTenant } from '../harness/open-tenant.ts';
import { type SharedStack, useSharedStack } from '../harness/shared-stack.ts';

const NUMBER = '4732100123';

let system: SharedStack;
const opened: TestTenant[] = [];

useSharedStack((shared) => {
  system = shared;
});
afterAll(async () => {
  await Promise.all(opened.map((tenant) => tenant.close()));
});

async function open(name: string, settings?: CtiSettings): Promise<TestTenant & { agent: AgentClient }> {
  const company = await openTenant(system, name, settings === undefined ? {} : { settings });
  opened.push(company);
  await company.openCti();
  return { ...company, agent: await company.connect() };
}

/** Dials a number that goes through, and tells all that the CTI was asked for until then. */
async function dialledUpTo({ agent, originates }: TestTenant & { agent: AgentClient }, sentinel: string) {
  const intentId = randomUUID();
  await dial(agent, intentId, sentinel);
  expect(await waitForFinal(agent, intentId)).toMatchObject({ op: 'dial.accepted' });
  return originates().map(({ destination }) => destination);
}

async function readCall(tenant: string, placed: unknown): Promise<unknown> {
  const { callId } = placed as { callId: string };
  return (await system.api('GET', `/v1/calls/${callId}?tenant=${tenant}`)).body;
}

/** Changes a company's settings by hand and waits the two seconds after which they count everywhere. */
async function setSettings(tenant: string, settings: CtiSettings): Promise<void> {
  await changeConfiguration(
    system.history,
    `insert into cti_settings (empresa_id, settings)
       select empresa_id, '${JSON.stringify(settings)}' from wl_chamados_empresa where tenant = '${tenant}'
     on conflict (empresa_id) do update set settings = excluded.settings`,
  );
}

describe('threat 1 what is denied', () => {
  test.concurrent.each([
    ['+351912345678', 'destination_international'],
    ['00 15 351 912345678', 'destination_international'],
    ['0900-123456', 'destination_premium'],
    ['0300 123 4567', 'destination_premium'],
    ['+8816 1234 5678', 'destination_premium'],
    ['*21*4732100123#', 'destination_denied'],
  ])('%s never reaches the CTI; agent, pop-up and history know why: %s', async (to, reason) => {
    const company = await open(`denied-${randomUUID()}`);
    const { agent } = company;
    const intentId = randomUUID();
    const callId = await dial(agent, intentId, to);
    expect(await waitForFinal(agent, intentId)).toMatchObject({ op: 'dial.failed', reason });
    expect(await waitForPopup(agent, 'start', callId)).toMatchObject({ state: 'ended', reason });
    // I1: the same click again is the same answer.
    expect(await dial(agent, intentId, to)).toBe(callId);
    expect(await dialledUpTo(company, NUMBER)).toEqual([NUMBER]);
    expect(dialSteps(agent, intentId)).toEqual(['dial.failed']);
    expect(await system.history.waitForEnd(callId)).toMatchObject({
      tenant: company.tenant,
      result: 'failed',
      reason,
      intent_id: intentId,
    });
    const events = await system.history.events(callId);
    expect(events.map(({ type }) => type)).toEqual(['call.requested', 'dial.failed']);
  });

  test.concurrent('from a CRM’s server too', async () => {
    const company = await open('denied-api');
    const ask = { tenant: company.tenant, user: 'agent-1', to: '+1 212 555 1234', intentId: randomUUID() };
    const first = await system.api('POST', '/v1/calls', ask);
    expect(first.status).toBe(202);
    expect(await system.api('POST', '/v1/calls', ask)).toEqual(first);
    expect(await readCall(company.tenant, first.body)).toMatchObject({
      state: 'ended',
      result: 'failed',
      reason: 'destination_international',
    });
    expect(await dialledUpTo(company, NUMBER)).toEqual([NUMBER]);
  });

  test.concurrent('is dialled where the company allows it', async () => {
    const company = await open('opened', {
      destinations: { international: ['+351'], allow: ['0900123'] },
    });
    for (const to of ['+351912345678', '0900123456']) {
      const intentId = randomUUID();
      await dial(company.agent, intentId, to);
      expect(await waitForFinal(company.agent, intentId)).toMatchObject({ op: 'dial.accepted' });
    }
    expect(await dialledUpTo(company, NUMBER)).toEqual(['+351912345678', '0900123456', NUMBER]);
  });
});

describe('threat 1 the kill switch', () => {
  test.concurrent('counts within two seconds on a socket that is open, for this company alone, and back', async () => {
    const [company, other] = [await open('blocked'), await open('not-blocked')];
    expect(await dialledUpTo(company, NUMBER)).toEqual([NUMBER]);
    let next = 4_732_110_000;
    const outcome = async (agent: AgentClient) => {
      const intentId = randomUUID();
      next += 1;
      await dial(agent, intentId, String(next));
      const { op, reason } = await waitForFinal(agent, intentId);
      return reason ?? op;
    };
    await setSettings(company.tenant, { dialsBlocked: true });
    expect(await outcome(company.agent)).toBe('dials_blocked');
    const { body } = await system.api('POST', '/v1/calls', {
      tenant: company.tenant,
      user: 'agent-1',
      to: '4732120001',
    });
    expect(await readCall(company.tenant, body)).toMatchObject({ state: 'ended', reason: 'dials_blocked' });
    expect(await outcome(other.agent)).toBe('dial.accepted');

    await setSettings(company.tenant, { dialsBlocked: false });
    expect(await dialledUpTo(company, '4732120002')).toEqual([NUMBER, '4732120002']);
  });
});

describe('threat 1 limits', () => {
  test.concurrent('an agent who dials too often is refused, and a flood of refusals not even recorded', async () => {
    const company = await open('too-often', {
      dialLimits: { agentPerMinute: 3 },
      maxDialsPerSecond: 100,
      maxConcurrentDials: 100,
    });
    const { agent } = company;
    const clicks = await Promise.all(
      Array.from({ length: 30 }, async (_, n) => {
        const intentId = randomUUID();
        const callId = await dial(agent, intentId, `47321300${String(n).padStart(2, '0')}`);
        const { op, reason } = await waitForFinal(agent, intentId);
        return { callId, word: reason ?? op };
      }),
    );
    expect(clicks.filter(({ word }) => word === 'dial.accepted')).toHaveLength(3);
    expect(clicks.filter(({ word }) => word === 'dial_rate_exceeded')).toHaveLength(27);
    const asks = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        system.api('POST', '/v1/calls', {
          tenant: company.tenant,
          user: 'agent-1',
          to: `47321400${String(n).padStart(2, '0')}`,
        }),
      ),
    );
    const refused = asks.filter(({ status }) => status === 429);
    expect(asks.filter(({ status }) => status === 202)).toHaveLength(33);
    expect(refused).toHaveLength(27);
    expect(refused[0]?.body).toMatchObject({ error: { code: 'rate_limited', retryable: true } });
    await expect(dial(agent, randomUUID(), '4732150000')).rejects.toMatchObject({ code: 'rate_limited' });
    expect(company.originates()).toHaveLength(3);
    const calls = await system.history.waitForCalls({ tenant: company.tenant }, (all) => all.length === 63);
    expect(calls.filter(({ reason }) => reason === 'dial_rate_exceeded')).toHaveLength(60);
  });
});
