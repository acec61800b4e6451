import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DevFile, type Stack, type StartStackOptions, startStack } from '@ramal/devstack';
import { signAgentToken } from '@ramal/runtime';
import {
  type AgentClient,
  connectAgent,
  createTestDatabase,
  findRedis,
  readRedisRefusals,
} from '@ramal/testkit';
import { createHistoryReader, type HistoryReader } from './history-reader.ts';
import { createSimulatorControl, type SimulatorControl } from './simulator-control.ts';

/** Servers of a stack: by default a Redis of its own and a fresh database on the run's PostgreSQL. */
interface StackServers {
  redisUrl: string;
  databaseUrl: string;
  /** Of a group of Redis servers each one's own address, to read what it refused; default: `redisUrl`. */
  redisNodes?: readonly string[];
  /** Called after the stack has stopped. */
  stop(): Promise<void>;
}

export interface TestStackOptions extends Pick<StartStackOptions, 'only' | 'env' | 'replicas'> {
  servers?: StackServers;
}

/** A whole running system of a test file's own, with everything a test needs to talk to it. */
export interface TestStack {
  readonly stack: Stack;
  readonly dev: DevFile;
  readonly history: HistoryReader;
  readonly simulator: SimulatorControl;
  readonly callbackTokenOf: (tenant: string) => string;
  readonly agentTokenSecret: string;
  /** What stands for a demo tenants' agent at the CTI: the database has it sealed. */
  secretsOf(user: string): { senha: string; token: string };
  /** A token that lives for 10 minutes unless told otherwise. */
  signToken(tenant: string, user: string, ramal: string | null, ttlSec?: number): Promise<string>;
  /** Connects one of the two demo tenants' agents. */
  connect(
    tenant: string,
    user: string,
    options?: { resume?: { epoch: string; seq: number }; gatewayUrl?: string },
  ): Promise<AgentClient>;
  /** An api request with the key of every tenant. */
  api(method: 'GET' | 'POST', path: string, body?: object): Promise<{ status: number; body: unknown }>;
  stop(): Promise<void>;
}

/** Starts the stack on free ports in a temporary folder. Calls of its simulator ring 60 ms and last 120 ms. */
export async function startTestStack(options: TestStackOptions = {}): Promise<TestStack> {
  const home = await mkdtemp(join(tmpdir(), 'ramal-e2e-'));
  const servers = options.servers ?? (await startUsualServers());
  const stack = await startStack({
    home,
    ports: 'free',
    readyTimeoutMs: 240_000,
    // Its servers, or its database on a shared one, are the test's own.
    rights: 'least',
    serverEnv: { PATH: process.env['PATH'], REDIS_URL: servers.redisUrl, DATABASE_URL: servers.databaseUrl },
    ...(options.only === undefined ? {} : { only: options.only }),
    ...(options.replicas === undefined ? {} : { replicas: options.replicas }),
    env: {
      ...options.env,
      // Agents that are still connected at the end of a test file need no farewell.
      'ws-gateway': { GATEWAY_DRAIN_MS: '50', ...options.env?.['ws-gateway'] },
    },
  });
  const { dev } = stack;
  const { agentTokenSecret, agents } = JSON.parse(await readFile(join(home, 'secrets.json'), 'utf8')) as {
    agentTokenSecret: string;
    agents: Record<string, { senha: string; token: string }>;
  };
  const history = createHistoryReader(dev.databaseUrl);
  const simulator = createSimulatorControl(dev.simulatorUrl);
  if (dev.services['simulator'] !== undefined) await simulator.behave({ ringMs: 60, talkMs: 120 });

  return {
    stack,
    dev,
    history,
    simulator,
    agentTokenSecret,
    secretsOf: (user) => {
      const secrets = agents[user];
      if (secrets === undefined) throw new Error(`the stack has no agent ${user}`);
      return secrets;
    },
    callbackTokenOf: (tenant) => findTenant(dev, tenant).callbackToken,
    signToken: (tenant, user, ramal, ttlSec = 600) =>
      signAgentToken({ secret: agentTokenSecret, tenant, user, ramal, ttlSec }),
    connect: (tenant, user, { resume, gatewayUrl = dev.gatewayUrl } = {}) => {
      const agent = findTenant(dev, tenant).agents.find((one) => one.user === user);
      if (agent === undefined) throw new Error(`${tenant} has no agent ${user}`);
      return connectAgent({ gatewayUrl, token: agent.token, resume });
    },
    api: async (method, path, body) => {
      const response = await fetch(`${dev.apiUrl}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${dev.apiKey}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as unknown };
    },
    stop: async () => {
      await history.close();
      const nodes = servers.redisNodes ?? [servers.redisUrl];
      const refusals = (await Promise.all(nodes.map((url) => readRedisRefusals(url)))).flat();
      await stack.stop();
      await servers.stop();
      await rm(home, { recursive: true, force: true });
      if (refusals.length > 0)
        throw new Error(
          `Redis refused what a service asked for; see redis-rights.ts: ${refusals.join(', ')}`,
        );
    },
  };
}

async function startUsualServers(): Promise<StackServers> {
  const [redis, database] = await Promise.all([
    findRedis({ env: { ...process.env, REDIS_URL: undefined } }),
    createTestDatabase(),
  ]);
  return {
    redisUrl: redis.url,
    databaseUrl: database.databaseUrl,
    stop: async () => {
      await Promise.all([redis.stop(), database.drop()]);
    },
  };
}

function findTenant(dev: DevFile, tenant: string) {
  const found = dev.tenants.find((one) => one.tenant === tenant);
  if (found === undefined) throw new Error(`the stack has no tenant ${tenant}`);
  return found;
}
