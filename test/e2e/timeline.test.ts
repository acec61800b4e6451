import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createNames, type PopupOutcome, type Timeline, timelineResponse } from '@ramal/contracts';
import { type AgentClient, sleepUntil } from '@ramal/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { dial, waitForFinal, waitForPopup } from '../harness/agent-events.ts';
import { changeConfiguration } from '../harness/change-configuration.ts';
import { openTenant, type TestTenant } from '../harness/open-tenant.ts';
import { redisCommand } from '../harness/redis-command.ts';
import { sendCallback } from '../harness/send-callback.ts';
import { type SharedStack, useSharedStack } from '../harness/shared-stack.ts';

let system: SharedStack;
const tenants: TestTenant[] = [];
useSharedStack((shared) => {
  system = shared;
});
afterEach(async () => {
  await Promise.all(tenants.splice(0).map((tenant) => tenant.close()));
});

let lastNumber = 4_732_130_000;
const newNumber = () => String((lastNumber += 1));

async function open(options: Parameters<typeof openTenant>[2] = {}): Promise<TestTenant> {
  const tenant = await openTenant(system, `timeline-${randomUUID()}`, options);
  tenants.push(tenant);
  return tenant;
}

const callBack = (tenant: TestTenant, kind: string, origem: string, destino = '3501') =>
  sendCallback(
    `${system.dev.webhookUrl}/v1/cti/${tenant.callbackToken}/${kind}?origem=${origem}&destino=${destino}`,
  );

async function ask(callId: string, credential: string, tenant?: string) {
  const query = tenant === undefined ? '' : `?tenant=${encodeURIComponent(tenant)}`;
  const response = await fetch(`${system.dev.apiUrl}/v1/calls/${callId}/timeline${query}`, {
    headers: { authorization: `Bearer ${credential}` },
  });
  return { status: response.status, body: (await response.json()) as unknown };
}

/** A key of one company. */
async function keyOf(tenant: string): Promise<string> {
  const key = randomBytes(24).toString('hex');
  await system.history.query('insert into api_keys (key_hash, name, tenant) values ($1, $2, $3)', [
    createHash('sha256').update(key).digest(),
    'timeline test',
    tenant,
  ]);
  return key;
}

/** Asks as the company until the timeline is as it should be. */
async function waitForTimeline(
  tenant: string,
  callId: string,
  fits: (timeline: Timeline) => boolean,
): Promise<Timeline> {
  const key = await keyOf(tenant);
  let last: Timeline | null = null;
  return sleepUntil(
    async () => {
      const { status, body } = await ask(callId, key);
      if (status !== 200) return undefined;
      last = timelineResponse.parse(body);
      return fits(last) ? last : undefined;
    },
    {
      timeoutMs: 30_000,
      everyMs: 100,
      describe: () => `a timeline; the last one: ${JSON.stringify(last?.popups)} ${stepsOf(last).join(', ')}`,
    },
  );
}
const stepsOf = (timeline: Timeline | null) => timeline?.steps.map(({ step }) => step) ?? [];
const brief = ({ kind, outcome, reason }: PopupOutcome) => [kind, outcome, reason ?? ''].join(' ').trim();
const waitForOutcome = (tenant: string, callId: string, wanted: string) =>
  waitForTimeline(tenant, callId, ({ popups }) => popups.map(brief).includes(wanted));

/** The call of a number that rang, once it is stored. */
async function callOf(tenant: string, peer: string): Promise<string> {
  const [call] = await system.history.waitForCalls({ tenant, peer }, (calls) => calls.length === 1);
  return call?.call_id ?? '';
}

/** A whole call: the click, the CTI's callbacks, the end pop-up seen and closed. */
async function wholeCall(): Promise<{
  tenant: TestTenant;
  number: string;
  callId: string;
  agent: AgentClient;
}> {
  const tenant = await open({ agentCount: 2 });
  await tenant.openCti();
  const [agent, number, intentId] = [await tenant.connect(), newNumber(), randomUUID()];
  const callId = await dial(agent, intentId, number);
  await waitForFinal(agent, intentId);
  const { popupId } = await waitForPopup(agent, 'end', callId, 10_000);
  await agent.request('popup.seen', { popupId });
  await agent.request('popup.dismiss', { popupId });
  return { tenant, number, callId, agent };
}

describe('the flight recorder', () => {
  test('R43-R46 tells a whole call on one timeline, from the click to the pop-up that was closed', async () => {
    const { tenant, number, callId } = await wholeCall();
    const timeline = await waitForTimeline(tenant.tenant, callId, ({ steps, popups }) => {
      const told = steps.map(({ step }) => step);
      return (
        popups.map(brief).join() === 'start delivered,end dismissed' &&
        told.filter((step) => step === 'callback.received').length === 2 &&
        ['job.queued', 'cti.answer', 'stored'].every((step) => told.includes(step))
      );
    });
    const first = [...new Set(stepsOf(timeline))].filter((step) => step !== 'stored');
    expect(first.slice(0, 3)).toEqual(['click', 'intent.queued', expect.stringMatching(/^(job|popup)\./)]);
    const placeOf = (step: string) => first.indexOf(step);
    for (const [before, after] of [
      ['click', 'popup.published'],
      ['popup.published', 'popup.delivered'],
      ['intent.queued', 'job.queued'],
      ['job.queued', 'job.taken'],
      ['job.taken', 'intent.sent'],
      ['intent.sent', 'cti.request'],
      ['cti.request', 'cti.answer'],
      ['cti.answer', 'intent.accepted'],
      ['callback.received', 'callback'],
      ['callback', 'match'],
      ['popup.delivered', 'popup.seen'],
      ['popup.seen', 'popup.dismissed'],
    ] as const) {
      expect([before, placeOf(before) >= 0 && placeOf(before) < placeOf(after), after]).toEqual([
        before,
        true,
        after,
      ]);
    }
    const detailOf = (step: string) => timeline.steps.find((one) => one.step === step)?.detail;
    expect(detailOf('click')).toMatchObject({ via: 'agent', peer: number });
    expect(detailOf('job.taken')).toMatchObject({ attempt: 1 });
    expect(detailOf('cti.request')).toMatchObject({ method: 'GET', prefix: 'none', attempt: 1 });
    expect(String(detailOf('cti.request')?.['url'])).not.toContain(number);
    expect(detailOf('cti.answer')).toMatchObject({ status: 200, verdict: 'dial.accepted' });
    expect(detailOf('popup.delivered')).toMatchObject({ resumed: false, claimed: true });
    expect(timeline.steps.filter(({ step }) => step === 'match').map(({ detail }) => detail)).toEqual([
      { matchedBy: 'numbers' },
      { matchedBy: 'numbers' },
    ]);
    for (const process of ['gateway@', 'dialer@', 'webhook@'])
      expect(timeline.steps.some(({ by }) => by?.startsWith(process))).toBe(true);
    expect(timeline.steps.map(({ at }) => at)).toEqual(timeline.steps.map(({ at }) => at).toSorted());
  });

  test('I6 I8 shows each who asks what is theirs: company, agent, operator, and nobody else', async () => {
    const { tenant, number, callId } = await wholeCall();
    const whole = await waitForTimeline(
      tenant.tenant,
      callId,
      ({ steps, popups }) =>
        popups.map(brief).join() === 'start delivered,end dismissed' &&
        ['cti.answer', 'callback.received'].every((step) => steps.some((one) => one.step === step)),
    );
    expect(JSON.stringify(whole)).toContain(number);

    const operator = await ask(callId, system.dev.apiKey, tenant.tenant);
    expect(operator.status).toBe(200);
    const masked = timelineResponse.parse(operator.body);
    expect(stepsOf(masked)).toEqual(expect.arrayContaining([...new Set(stepsOf(whole))]));
    expect(JSON.stringify(masked)).not.toContain(number.slice(0, -4));
    expect(masked.steps[0]?.detail['peer']).toBe(`******${number.slice(-4)}`);

    const own = await ask(callId, await system.signToken(tenant.tenant, 'agent-1', '3501'));
    expect(own.status).toBe(200);
    const mine = timelineResponse.parse(own.body);
    expect(mine.popups.map(brief)).toEqual(['start delivered', 'end dismissed']);
    expect(mine.steps.every(({ by, user }) => by === null && (user === null || user === 'agent-1'))).toBe(
      true,
    );
    expect(JSON.stringify(mine)).not.toMatch(/127\.0\.0\.1|"url"|"method"|"status"|"socket"/);
    expect(stepsOf(mine)).toContain('cti.answer');

    const colleague = await system.signToken(tenant.tenant, 'agent-2', '3502');
    expect((await ask(callId, colleague)).status).toBe(404);
    const other = await open();
    expect((await ask(callId, await keyOf(other.tenant))).status).toBe(404);
    expect((await ask(callId, await system.signToken(other.tenant, 'agent-1', '3501'))).status).toBe(404);
    expect((await ask(callId, await keyOf(other.tenant), tenant.tenant)).status).toBe(403);
    expect((await ask(callId, 'no-such-key')).status).toBe(401);
  });
});

describe('why no pop-up?', () => {
  test('R44 the agent was not logged in', async () => {
    const tenant = await open();
    const number = newNumber();
    for (const kind of ['incoming', 'ended']) await callBack(tenant, kind, number);
    const callId = await callOf(tenant.tenant, number);
    const { popups, steps } = await waitForTimeline(
      tenant.tenant,
      callId,
      (timeline) => stepsOf(timeline).includes('popup.published') && timeline.popups.length === 2,
    );
    expect(popups.map(brief)).toContain('end not_shown not_logged_in');
    expect(steps.find(({ step }) => step === 'popup.withheld')?.reason).toBe('not_logged_in');
    expect(steps.find(({ step }) => step === 'popup.published')?.detail['connected']).toBe(false);
    // The incoming one is over too, as soon as nothing of it can be under way any more.
    await waitForOutcome(tenant.tenant, callId, 'incoming not_shown not_logged_in');
  });

  test('R44 nobody is registered for the extension', async () => {
    const tenant = await open();
    const number = newNumber();
    await callBack(tenant, 'incoming', number, '3999');
    const callId = await callOf(tenant.tenant, number);
    const { popups } = await waitForTimeline(tenant.tenant, callId, ({ popups: all }) => all.length > 0);
    expect(popups).toEqual([
      { popupId: null, user: null, kind: 'incoming', outcome: 'not_shown', reason: 'ramal_unknown' },
    ]);
  });

  test('R42 the company was switched off: the callback is refused, and the call says so', async () => {
    const tenant = await open();
    const number = newNumber();
    expect((await callBack(tenant, 'incoming', number)).status).toBe(200);
    await changeConfiguration(
      system.history,
      `update wl_chamados_empresa set ativo = 0 where tenant = '${tenant.tenant}'`,
    );
    expect((await callBack(tenant, 'ended', number)).status).toBe(403);
    const callId = await callOf(tenant.tenant, number);
    const { steps } = await waitForOutcome(tenant.tenant, callId, 'end not_shown tenant_inactive');
    expect(steps.find(({ step }) => step === 'callback.refused')).toMatchObject({
      reason: 'tenant_inactive',
      user: 'agent-1',
      detail: { kind: 'ended' },
    });
  });

  test('I5 it had run out before the agent came back', async () => {
    const tenant = await open();
    const agent = await tenant.connect();
    const resume = agent.resumeAt;
    await agent.close();
    const number = newNumber();
    await callBack(tenant, 'incoming', number);
    const callId = await callOf(tenant.tenant, number);
    const { popups } = await waitForOutcome(tenant.tenant, callId, 'incoming waiting');
    await expirePopup(tenant.tenant, 'agent-1', popups[0]?.popupId ?? '');
    await tenant.connect('agent-1', resume);
    const { steps } = await waitForOutcome(tenant.tenant, callId, 'incoming not_shown expired');
    expect(steps.find(({ step }) => step === 'popup.withheld')).toMatchObject({
      user: 'agent-1',
      reason: 'expired',
    });
  });

  test('another of the agent’s screens brings it to the front', async () => {
    const tenant = await open();
    await Promise.all([tenant.connect(), tenant.connect()]);
    const number = newNumber();
    await callBack(tenant, 'incoming', number);
    const callId = await callOf(tenant.tenant, number);
    const { steps, popups } = await waitForTimeline(
      tenant.tenant,
      callId,
      (timeline) => stepsOf(timeline).filter((step) => step === 'popup.delivered').length === 2,
    );
    const shown = steps.filter(({ step }) => step === 'popup.delivered');
    expect(shown.map(({ reason, detail }) => `${reason} ${detail['claimed']}`).toSorted()).toEqual([
      'claimed_elsewhere false',
      'null true',
    ]);
    expect(popups.map(brief)).toEqual(['incoming delivered']);
  });
});

/** As if its two minutes had passed. */
async function expirePopup(tenant: string, user: string, popupId: string): Promise<void> {
  const { redisUrl } = system.dev;
  const key = createNames().popups(tenant, user);
  const popup = JSON.parse(await redisCommand(redisUrl, 'HGET', key, popupId)) as object;
  const expired = JSON.stringify({ ...popup, expiresAt: Date.now() - 1_000 });
  await redisCommand(redisUrl, 'HSET', key, popupId, expired);
}
