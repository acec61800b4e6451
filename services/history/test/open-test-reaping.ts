import { randomBytes } from 'node:crypto';
import { type CallBus, connectRedis, createCallBus, createOpenCalls, type OpenCalls } from '@ramal/bus';
import { type Callback, planCallback, toCallbackLines } from '@ramal/calls';
import { type CallEvent, createNames, EVENT_FIELD, type Names, toUuidV7 } from '@ramal/contracts';
import { type RestartableServer, startTestRedis } from '@ramal/testkit';
import type { Events } from '../src/events.ts';

type Redis = Awaited<ReturnType<typeof connectRedis>>;

export interface TestReaping {
  server: RestartableServer;
  redis: Redis;
  names: Names;
  bus: CallBus;
  openCalls: OpenCalls;
  /** What happened: `reaped <callId> <from>` or `failed <what> <error>`. */
  noted: string[];
  events: Pick<Events, 'callReaped' | 'backgroundFailed'>;
  /** Tells a call's first event, `agoMs` old, and makes the call due. */
  begin(tenant: string, agoMs: number, over?: Partial<Callback>): Promise<BegunCall>;
  /** Has a call looked at as if its minute had passed. */
  makeDue(call: CallRef): Promise<void>;
  /** When a call is looked at again, epoch ms; null when never. */
  dueAt(call: CallRef): Promise<number | null>;
  /** The CTI tells the end of the call, as the webhook takes it; gives back the id of the call it is said of. */
  tellEnd(call: BegunCall, over?: Partial<Callback>): Promise<string>;
  /** What the stream holds of a call, in order. */
  streamOf(call: CallRef): Promise<CallEvent[]>;
  close(): Promise<void>;
}

interface CallRef {
  tenant: string;
  callId: string;
}

/** A call that has begun. */
export interface BegunCall extends CallRef {
  /** When its first callback came, epoch ms. */
  at: number;
  said: Omit<Callback, 'kind'>;
}

const CALL: Omit<Callback, 'kind'> = {
  direction: 'inbound',
  legs: [{ ramal: '3501', user: 'ana' }],
  peer: '4732100123',
  origin: '4732100123',
  destination: '3501',
};

/** A name no other test uses. */
export function newTenant(): string {
  return `tenant:{${randomBytes(6).toString('hex')}}*`;
}

/** A Redis of its own with calls whose events are as old as a test wants. */
export async function openTestReaping(): Promise<TestReaping> {
  const server = await startTestRedis();
  const log = { info: () => undefined, warn: () => undefined };
  const redis = await connectRedis({ url: server.url, role: 'commands', name: 'reaper-test', log });
  const names = createNames(2);
  const bus = createCallBus(redis, names);
  const noted: string[] = [];
  const events: TestReaping['events'] = {
    callReaped: ({ callId, from }) => void noted.push(`reaped ${callId} ${from}`),
    backgroundFailed: (what, error) => void noted.push(`failed ${what} ${String(error)}`),
  };
  const keyOf = (tenant: string) => names.openCalls(names.partitionOf(tenant));
  const memberOf = ({ tenant, callId }: CallRef) => JSON.stringify([tenant, callId]);
  const makeDue = async (call: CallRef) => {
    await redis.zadd(keyOf(call.tenant), 'XX', 1, memberOf(call));
  };
  return {
    server,
    redis,
    names,
    bus,
    openCalls: createOpenCalls(redis, names),
    noted,
    events,
    makeDue,
    async begin(tenant, agoMs, over = {}) {
      const at = Date.now() - agoMs;
      const callId = toUuidV7(at, randomBytes(10));
      const plan = planCallback(
        { kind: 'incoming', ...CALL, ...over },
        { tenant, nowMs: at, candidates: [], lines: [], presentUsers: new Set(), newCallId: callId },
      );
      if (plan.kind !== 'commit') throw new Error(plan.kind);
      const { outcome } = await bus.commit(plan.commit);
      if (outcome !== 'applied') throw new Error(outcome);
      await makeDue(plan.event);
      return { tenant, callId, at, said: { ...CALL, ...over } };
    },
    async dueAt(call) {
      const score = await redis.zscore(keyOf(call.tenant), memberOf(call));
      return score === null ? null : Number(score);
    },
    async tellEnd(call, over = {}) {
      const callback: Callback = { kind: 'ended', ...call.said, ...over };
      for (;;) {
        const { tenant } = call;
        const view = await bus.view({
          tenant,
          lines: toCallbackLines(callback),
          externalCallId: callback.externalCallId,
        });
        const plan = planCallback(callback, {
          tenant,
          nowMs: view.nowMs,
          candidates: view.calls,
          lines: view.lines,
          presentUsers: new Set(),
          newCallId: toUuidV7(view.nowMs, randomBytes(10)),
        });
        if (plan.kind === 'duplicate') return plan.callId;
        const { outcome } = await bus.commit(plan.commit);
        if (outcome !== 'conflict') return plan.commit.callId;
      }
    },
    async streamOf({ tenant, callId }) {
      const entries = await redis.xrange(names.events(names.partitionOf(tenant)), '-', '+');
      return entries
        .map(([, fields]) => JSON.parse(fields[fields.indexOf(EVENT_FIELD) + 1] ?? '') as CallEvent)
        .filter((event) => event.tenant === tenant && event.callId === callId);
    },
    async close() {
      redis.disconnect();
      await server.stop();
    },
  };
}
