import { randomBytes } from 'node:crypto';
import {
  type AgentInbox,
  type CallBus,
  connectRedis,
  createAgentInbox,
  createCallBus,
  createPresence,
  createSocketRegistry,
} from '@ramal/bus';
import { reduceCall } from '@ramal/calls';
import { type CallEvent, type CallView, createNames, EVENT_FIELD, type Names } from '@ramal/contracts';
import { toCtiConfig, toDialPolicy, toNumberingSettings } from '@ramal/cti';
import type { TenantProfile } from '@ramal/store';
import { type RestartableServer, startTestRedis } from '@ramal/testkit';
import type { Events } from '../src/events.ts';
import { createCallbackIngest } from '../src/ingest-callback.ts';

export interface TestIngest {
  server: RestartableServer;
  bus: CallBus;
  inbox: AgentInbox;
  /** The agent comes to be logged in. */
  logIn(tenant: string, user: string): Promise<void>;
  names: Names;
  events: Events;
  /** What happened, with its fields as JSON. */
  noted: string[];
  ingest: ReturnType<typeof createCallbackIngest>;
  /** Every event of a tenant in the stream, in order. */
  eventsOf(tenant: string): Promise<CallEvent[]>;
  /** A tenant's calls as their events make them. */
  callsOf(tenant: string): Promise<CallView[]>;
  /** What an agent was told, operation by operation. */
  toldTo(tenant: string, user: string): Promise<string[]>;
  close(): Promise<void>;
}

/** A tenant of its own for a test, with two agents and the manual's variable names. */
export function newProfile(active = true): TenantProfile {
  const tenant = `tenant-${randomBytes(6).toString('hex')}`;
  return {
    tenant: { empresaId: 1, tenant, name: null, active, vip: false, database: null },
    cti: toCtiConfig({}),
    ramalMaxDigits: 5,
    numbering: toNumberingSettings({}),
    maxCallMs: 4 * 60 * 60_000,
    policy: toDialPolicy({}),
    retention: null,
    ctiLimits: { maxConcurrentDials: 10, maxDialsPerSecond: 10 },
    ringGroups: new Map(),
    userByRamal: new Map([
      ['3501', 'ana'],
      ['3502', 'bruno'],
    ]),
    ramalByUser: new Map([
      ['ana', '3501'],
      ['bruno', '3502'],
    ]),
  };
}

export async function openTestIngest(): Promise<TestIngest> {
  const server = await startTestRedis();
  const log = { info: () => undefined, warn: () => undefined };
  const redis = await connectRedis({ url: server.url, role: 'commands', name: 'webhook-test', log });
  const names = createNames(2);
  const bus = createCallBus(redis, names);
  const presence = createPresence(redis, names);
  const gateway = createSocketRegistry({ redis, names, gateway: 'gateway-1', leaseMs: 600_000 });
  await gateway.renewLeases();
  const inbox = createAgentInbox(redis, names, bus);
  const noted: string[] = [];
  const note = (event: string) => (fields: unknown) => void noted.push(`${event} ${JSON.stringify(fields)}`);
  const events: Events = {
    received: note('received'),
    unknownVariables: note('unknownVariables'),
    refused: note('refused'),
    callerRefused: note('callerRefused'),
    shed: note('shed'),
    wconnectAnswered: note('wconnectAnswered'),
    conflictRetried: () => undefined,
    requestFailed: (error) => void noted.push(`requestFailed ${String(error)}`),
    backgroundFailed: (what, error) => void noted.push(`backgroundFailed ${what} ${String(error)}`),
  };
  const eventsOf: TestIngest['eventsOf'] = async (tenant) => {
    const entries = await redis.xrange(names.events(names.partitionOf(tenant)), '-', '+');
    return entries
      .map(([, fields]) => JSON.parse(fields[fields.indexOf(EVENT_FIELD) + 1] ?? '') as CallEvent)
      .filter((event) => event.tenant === tenant);
  };
  return {
    server,
    bus,
    inbox,
    logIn: (tenant, user) => gateway.join(gateway.prepare({ tenant, user }, null), true),
    names,
    events,
    noted,
    ingest: createCallbackIngest({ bus, presence, events }),
    eventsOf,
    async callsOf(tenant) {
      const events = await eventsOf(tenant);
      const ids = new Set(events.map(({ callId }) => callId));
      return [...ids].map((id) => reduceCall(events.filter(({ callId }) => callId === id)));
    },
    async toldTo(tenant, user) {
      const { entries } = await inbox.read(tenant, user, 0);
      return entries.map(({ body }) => {
        const { op, data } = JSON.parse(body) as { op: string; data: { kind?: string } };
        return data.kind === undefined ? op : `${op}:${data.kind}`;
      });
    },
    async close() {
      redis.disconnect();
      await server.stop();
    },
  };
}
