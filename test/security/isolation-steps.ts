import { randomUUID } from 'node:crypto';
import { WireError } from '@ramal/testkit';
import fc from 'fast-check';
import { HOSTILE_USERS } from './hostile-tenants.ts';
import type { ApiAnswer, HostileTenant } from './open-hostile-tenant.ts';

/** Something one of the two companies does; `other` is the one that must not notice, nor be noticed. */
export type Step = { name: string; side: 0 | 1; user: 0 | 1; number: number };

/** Both dial and are called by the same numbers. */
const NUMBERS = ['4732100123', '47999990001', '3502'];

/** Clicks of both companies have the same ids. */
const toIntentId = ({ user, number }: Step) => `click-${user}-${number}`;

type Play = (own: HostileTenant, other: HostileTenant, step: Step) => Promise<void>;

const toVariables = ({ mark }: HostileTenant, { number, user }: Step) => ({
  origem: NUMBERS[number] ?? '',
  destino: String(3501 + user),
  audio: `https://pbx.example/${mark}.wav`,
});

/** The other's thing and one that nobody has must get the same answer (I6). */
async function expectSame(
  ask: (id: string) => Promise<ApiAnswer>,
  foreign: string,
  nobodys: string,
): Promise<void> {
  const [there, nowhere] = [await ask(foreign), await ask(nobodys)];
  if (there.status < 400 || there.status !== nowhere.status || there.text !== nowhere.text) {
    throw new Error(`a foreign id was told from one that is not there: ${JSON.stringify([there, nowhere])}`);
  }
}

const callback =
  (kind: string, withId: boolean): Play =>
  async (own, _other, step) => {
    const id = withId ? { id: `id-${step.number}`, status: 'answered' } : {};
    const { status, text } = await own.callback(kind, { ...toVariables(own, step), ...id });
    if (status !== 200) throw new Error(`a good callback got ${status} ${text}`);
  };

/** All that the two may do. */
const PLAYS: Readonly<Record<string, Play>> = {
  async dial(own, _other, step) {
    const agent = own.agents[step.user];
    const ack = await agent
      ?.request('dial', { intentId: toIntentId(step), to: NUMBERS[step.number], context: { mark: own.mark } })
      .catch(refused);
    noteCallId(own, ack);
  },
  async dialByApi(own, _other, step) {
    const body = { user: HOSTILE_USERS[step.user], to: NUMBERS[step.number], context: { mark: own.mark } };
    const { text } = await own.ask('key', 'POST', '/v1/calls', { ...body, intentId: toIntentId(step) });
    noteCallId(own, JSON.parse(text));
  },
  incoming: callback('incoming', false),
  incomingWithId: callback('incoming', true),
  answered: callback('answered', true),
  ended: callback('ended', false),
  recording: callback('recording', true),
  async dismiss(own, other, step) {
    const ids = [...popupIds(own), ...popupIds(other)];
    const popupId = ids[step.number % Math.max(ids.length, 1)] ?? randomUUID();
    const answer = await own.agents[step.user]?.request('popup.dismiss', { popupId }).catch(refused);
    own.seen.push(JSON.stringify(answer));
    const isRefused = typeof answer === 'object' && answer !== null && 'refused' in answer;
    if (popupIds(other).includes(popupId) && !isRefused) throw new Error('a foreign pop-up was dismissed');
  },
  async cancelOthers(own, _other, step) {
    own.seen.push(
      JSON.stringify(
        await own.agents[step.user]?.request('dial.cancel', { intentId: toIntentId(step) }).catch(refused),
      ),
    );
  },
  async sync(own, _other, step) {
    own.seen.push(JSON.stringify(await own.agents[step.user]?.request('sync')));
  },
  async resumeAsOther(own, other) {
    const at = other.agents[0]?.resumeAt;
    if (at !== undefined) await own.reconnect(at);
  },
  async resume(own) {
    const at = own.agents[0]?.resumeAt;
    if (at !== undefined) await own.reconnect(at);
  },
  async list(own) {
    for (const by of ['key', 'agent'] as const) await own.ask(by, 'GET', `/v1/calls?limit=200&number=0123`);
    const { text } = await own.ask('key', 'GET', '/v1/calls');
    for (const call of (JSON.parse(text) as { calls: { callId: string; tenant: string }[] }).calls) {
      if (call.tenant !== own.tenant) throw new Error(`${own.tenant} lists a call of ${call.tenant}`);
      own.callIds.add(call.callId);
    }
  },
  async readOwn(own) {
    for (const id of [...own.callIds].slice(0, 2)) {
      for (const part of ['', '/events', '/timeline']) await own.ask('key', 'GET', `/v1/calls/${id}${part}`);
    }
  },
  async presence(own) {
    await own.ask('key', 'GET', '/v1/presence');
  },
  async readOthersCalls(own, other) {
    const [foreign] = other.callIds;
    if (foreign === undefined) return;
    // As old, and so in the same month: only its owner is missing.
    const nobodys = `${foreign.slice(0, 19)}${randomUUID().slice(19)}`;
    for (const by of ['key', 'agent'] as const) {
      for (const part of ['', '/timeline']) {
        await expectSame((id) => own.ask(by, 'GET', `/v1/calls/${id}${part}`), foreign, nobodys);
      }
    }
    // A trail of nothing is an empty one.
    const trail = await own.ask('key', 'GET', `/v1/calls/${foreign}/events`);
    const nothing = await own.ask('key', 'GET', `/v1/calls/${nobodys}/events`);
    if (trail.status !== nothing.status || trail.text.replaceAll(foreign, nobodys) !== nothing.text) {
      throw new Error(`a foreign trail was told from none: ${JSON.stringify([trail, nothing])}`);
    }
  },
  async nameOther(own, other, step) {
    const user = HOSTILE_USERS[step.user];
    const to = NUMBERS[step.number];
    for (const by of ['key', 'agent'] as const) {
      const query = (path: string) => (tenant: string) =>
        own.ask(by, 'GET', `${path}?tenant=${encodeURIComponent(tenant)}`);
      await expectSame(query('/v1/calls'), other.tenant, 'nobody');
      await expectSame(query('/v1/presence'), other.tenant, 'nobody');
      await expectSame(
        (tenant) => own.ask(by, 'POST', '/v1/calls', { tenant, user, to }),
        other.tenant,
        'nobody',
      );
      await expectSame(
        (tenant) => own.ask(by, 'POST', '/v1/sessions', { tenant, user }),
        other.tenant,
        'nobody',
      );
    }
  },
  async callBackForOther(own, other, step) {
    const variables = toVariables(own, step);
    // A blank one names nobody.
    if (other.tenant.trim() === '') return;
    await expectSame((tenant) => own.callbackFile({ ...variables, tenant }), other.tenant, 'nobody');
  },
};

function refused(error: unknown): unknown {
  if (error instanceof WireError) return { refused: error.message };
  throw error;
}

function noteCallId(own: HostileTenant, answer: unknown): void {
  const { callId } = (answer ?? {}) as { callId?: string };
  if (callId !== undefined) own.callIds.add(callId);
}

function popupIds({ agents }: HostileTenant): string[] {
  return agents.flatMap(({ events }) =>
    events.flatMap((event) => (event.op === 'popup.show' ? [event.data.popupId] : [])),
  );
}

export const steps = fc.array(
  fc.record({
    name: fc.constantFrom(...Object.keys(PLAYS)),
    side: fc.constantFrom<(0 | 1)[]>(0, 1),
    user: fc.constantFrom<(0 | 1)[]>(0, 1),
    number: fc.integer({ min: 0, max: NUMBERS.length - 1 }),
  }),
  { minLength: 8, maxLength: 16 },
);

/** Plays a step for the company whose turn it is. */
export async function play(step: Step, pair: readonly [HostileTenant, HostileTenant]): Promise<void> {
  const [own, other] = step.side === 0 ? pair : [pair[1], pair[0]];
  await PLAYS[step.name]?.(own, other, step);
}
