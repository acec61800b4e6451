import { randomBytes } from 'node:crypto';
import {
  type CallBus,
  connectRedis,
  createCallBus,
  createCtiGate,
  createDialIntents,
  createSentGuard,
  type DialIntents,
} from '@ramal/bus';
import { type CallEvent, createNames, type Names } from '@ramal/contracts';
import {
  type CtiSettings,
  type EmpresasRow,
  toCtiConfig,
  toDialPolicy,
  toNumberingSettings,
} from '@ramal/cti';
import { createOutbound, LOOPBACK, parseAllowList } from '@ramal/outbound';
import { newCallId } from '@ramal/runtime';
import type { TenantLookup, TenantProfile } from '@ramal/store';
import { type RestartableServer, startTestRedis } from '@ramal/testkit';
import type { Events } from '../src/events.ts';
import type { RunDialDeps } from '../src/dial-attempt.ts';

export interface TestDialer {
  server: RestartableServer;
  intents: DialIntents;
  bus: CallBus;
  names: Names;
  deps: RunDialDeps;
  /** What the directory says; a test changes it as it likes. */
  directory: {
    profile: TenantProfile | null;
    credentials: Awaited<ReturnType<TenantLookup['credentials']>>;
    /** Called before each answer. */
    before: () => Promise<void> | void;
  };
  /** What happened, every field of it as JSON. */
  noted: { event: string; fields: string }[];
  /** A click, with a tenant of its own. */
  click(over?: {
    to?: string;
    leftMs?: number;
  }): Promise<{ tenant: string; intentId: string; callId: string }>;
  /** Leaves an intent this much time. */
  leave(job: { tenant: string; intentId: string }, leftMs: number): Promise<void>;
  eventsOf(job: { tenant: string; callId: string }): Promise<CallEvent[]>;
  stateOf(job: { tenant: string; intentId: string }): Promise<string | undefined>;
  close(): Promise<void>;
}

/** A profile whose CTI listens on a port of this machine. */
export function profileOf(port: number, row: EmpresasRow = {}, settings: CtiSettings = {}): TenantProfile {
  const empresas: EmpresasRow = {
    usa_cti: 1,
    cti_autenticacao: 1,
    cti_tipo: 10,
    cti_protocolo: 'http',
    cti_ip: '127.0.0.1',
    cti_porta: String(port),
    cti_caminho: 'api/clicktodial',
    cti_usa_linha: 0,
    cti_numero_linha: '0',
    cti_usa_zero_ddd: 0,
    cti_nome_origem: 'origem',
    cti_nome_destino: 'destino',
    ...row,
  };
  return {
    tenant: { empresaId: 1, tenant: 'acme', name: null, active: true, vip: false, database: null },
    cti: toCtiConfig({ empresas, settings }),
    ramalMaxDigits: 5,
    numbering: toNumberingSettings({}),
    maxCallMs: 4 * 60 * 60_000,
    policy: toDialPolicy({}),
    retention: null,
    ctiLimits: { maxConcurrentDials: 200, maxDialsPerSecond: 200 },
    ringGroups: new Map(),
    userByRamal: new Map([['3501', 'ana']]),
    ramalByUser: new Map([['ana', '3501']]),
  };
}

/** @param given a Redis that stays the caller's; default: one of its own */
export async function openTestDialer(given?: RestartableServer): Promise<TestDialer> {
  const server = given ?? (await startTestRedis());
  const log = { info: () => undefined, warn: () => undefined };
  const redis = await connectRedis({ url: server.url, role: 'commands', name: 'dialer-test', log });
  const names = createNames();
  const guard = createSentGuard({
    names,
    replicas: 1,
    // A test may replace the one that it gives.
    kind: given === undefined ? 'single' : 'sentinel',
    connect: () => connectRedis({ url: server.url, role: 'commands', name: 'guard-test', log }),
  });
  const bus = createCallBus(redis, names);
  const intents = createDialIntents({ redis, names, bus, queue: null, newCallId });
  const noted: TestDialer['noted'] = [];
  const note = (event: string) => (fields: object) =>
    void noted.push({ event, fields: JSON.stringify(fields) });
  const events: Events = {
    attempted: note('attempted'),
    unsent: note('unsent'),
    requestSent: note('requestSent'),
    finished: note('finished'),
    skipped: note('skipped'),
    addressDenied: note('addressDenied'),
    breakerMoved: note('breakerMoved'),
    secretUnreadable: note('secretUnreadable'),
    backgroundFailed: (what, error) => void noted.push({ event: `failed ${what}`, fields: String(error) }),
  };
  const directory: TestDialer['directory'] = {
    profile: null,
    credentials: { ramal: '3501', agente: 'ana', senha: 'canary-senha', token: 'canary-token' },
    before: () => undefined,
  };
  const lookup: TenantLookup = {
    async profile() {
      await directory.before();
      return directory.profile;
    },
    known: () => directory.profile,
    tenant: async () => directory.profile?.tenant ?? null,
    byCallbackToken: async () => null,
    forget: () => undefined,
    credentials: async () => directory.credentials,
  };
  const leave: TestDialer['leave'] = async ({ tenant, intentId }, leftMs) => {
    const { nowMs } = await bus.view({ tenant });
    await redis.hset(names.intent(tenant, intentId), 'deadlineMs', String(nowMs + leftMs));
  };
  return {
    server,
    intents,
    bus,
    names,
    deps: {
      intents,
      guard,
      gate: createCtiGate(redis, names),
      lookup,
      events,
      connectTimeoutMs: 1_000,
      outbound: createOutbound({ allow: parseAllowList(LOOPBACK) }),
    },
    directory,
    noted,
    leave,
    async click({ to = '4732100123', leftMs } = {}) {
      const tenant = `tenant-${randomBytes(6).toString('hex')}`;
      const dial = { tenant, user: 'ana', ramal: '3501', intentId: 'click:1', to } as const;
      const outcome = await intents.request({ ...dial, direction: 'outbound', via: 'agent', urgent: false });
      if (outcome.kind !== 'recorded') throw new Error('the click was not recorded');
      const job = { tenant, intentId: dial.intentId, callId: outcome.callId };
      if (leftMs !== undefined) await leave(job, leftMs);
      return job;
    },
    async eventsOf({ tenant, callId }) {
      return [...((await bus.view({ tenant, callId })).calls[0]?.events ?? [])];
    },
    stateOf: async ({ tenant, intentId }) => (await intents.find(tenant, intentId))?.intent.state,
    async close() {
      redis.disconnect();
      guard.close();
      if (given === undefined) await server.stop();
    },
  };
}
