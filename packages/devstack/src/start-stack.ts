import { rm } from 'node:fs/promises';
import { migrate } from '@ramal/store';
import { type DevFile, signDevTenants } from './dev-file.ts';
import { writeJsonFile } from './json-file.ts';
import { toHttpUrl, toWsUrl } from './process-specs.ts';
import { giveRights } from './give-rights.ts';
import { createLogRenderer } from './render-log-line.ts';
import { seedDatabase } from './seed.ts';
import { createServiceGroup, type ServiceGroup } from './service-group.ts';
import type { InstanceName, Replicas, ServiceName } from './service-names.ts';
import type { Deaths } from './supervised-process.ts';
import { findStackServers } from './servers-of-stack.ts';
import { openStackHome, REPO_ROOT } from './stack-home.ts';
import { takeStackLock } from './stack-lock.ts';
import { chooseStackPorts, type PortMode } from './stack-ports.ts';
import { type StackInstance, toStackInstances } from './stack-replicas.ts';
import { openStackSecrets } from './stack-secrets.ts';

/** Well below the life of the agents' tokens in dev.json. */
const TOKEN_REFRESH_MS = 6 * 3600 * 1000;

export interface StartStackOptions {
  /** Folder of data, secrets, ports and logs. */
  home: string;
  /** Progress and the services' rendered log lines; default: silent. */
  log?: (line: string) => void;
  /** `stable` (default): the usual ports, for a person; `free`: any, for tests. */
  ports?: PortMode;
  /** Start only these processes; default: all. */
  only?: readonly ServiceName[];
  /** How many of a service to run, each on ports of its own, such as `{ 'ws-gateway': 3 }`; default: one of each. */
  replicas?: Replicas;
  /** Added to the environment of a service's processes, or of all under `*`. */
  env?: Partial<Record<ServiceName | '*', Record<string, string>>>;
  /**
   * Read for `REDIS_URL` and `DATABASE_URL` instead of `process.env`: with neither, only `PATH`, the stack
   * gets servers of its own.
   */
  serverEnv?: NodeJS.ProcessEnv;
  /**
   * `least`: each service connects with a role and a user of its own, which may do what it needs and no more (threat 12).
   * `full`: all use the servers' addresses as they are. Default: `least` on servers that the stack started.
   */
  rights?: 'least' | 'full';
  /** Paints the log lines; default false. */
  colour?: boolean;
  /** How long each process may take to be ready, in ms; default 60 000. */
  readyTimeoutMs?: number;
  /** How long after its death a process is started again, in ms, always; default: 300, and longer each time it dies young. */
  restartAfterMs?: number;
  /** Gives a start up half-way: what runs already is stopped, and the start fails with the signal's reason. */
  signal?: AbortSignal;
}

/** A running stack. */
export interface Stack {
  /** Addresses, keys, tokens and process ids, as `dev.json` holds them. */
  readonly dev: DevFile;
  /** What a process printed, raw, newest last; the last 5000 lines. */
  output(service: InstanceName): readonly string[];
  /** Signals a process as a fault would; the supervisor starts it again after its death. */
  kill(service: InstanceName, signal: NodeJS.Signals): void;
  /** Waits until the process killed last has been replaced by one that is ready; default 2 min. */
  restartOf(service: InstanceName, timeoutMs?: number): Promise<void>;
  /** Stops a process in order and keeps it down. */
  stopService(service: InstanceName): Promise<void>;
  /** Starts a stopped process and waits until it is ready. */
  startService(service: InstanceName): Promise<void>;
  /**
   * Stops a process in order, if it runs, and starts it with more in its environment. Does not wait until it is ready:
   * one that is told to die may never be.
   */
  restartWith(service: InstanceName, env: Record<string, string>): Promise<void>;
  /** How often a process ended unasked so far. */
  deaths(service: InstanceName): Deaths;
  /** Stops the processes in order, then the servers that were started here; nothing else. */
  stop(): Promise<void>;
  /** Kills the processes with -9, for a second Ctrl-C. */
  killAll(): void;
}

/**
 * Starts servers, schema, demo data, simulator and services, waits until all are ready and writes
 * `dev.json`. What it started is stopped again when it fails.
 * @throws StackRunningError, ServerMissingError, ServerUnreachableError, ProcessNotReadyError
 */
export async function startStack(options: StartStackOptions): Promise<Stack> {
  const { log = () => undefined } = options;
  const releases: (() => Promise<unknown>)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= releaseAll(releases, log);
    return stopping;
  };
  try {
    return await openStack(options, log, releases, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function openStack(
  options: StartStackOptions,
  log: (line: string) => void,
  releases: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<Stack> {
  const home = await openStackHome(options.home);
  const lock = await takeStackLock(home.lockFile);
  releases.push(lock.release);
  const ports = await chooseStackPorts(home.portsFile, options.ports ?? 'stable');
  const secrets = await openStackSecrets(home.secretsFile);

  const servers = await timed('servers', log, () =>
    findStackServers(home, ports, log, options.serverEnv ?? process.env),
  );
  releases.push(() => Promise.all([servers.redis.stop(), servers.postgres.stop()]));
  log(`  ${servers.summary}`);
  const redisUrl = servers.redis.url;
  const databaseUrl = servers.postgres.url;
  await timed('database schema', log, () => migrate(databaseUrl));
  const urlsOf = await timed('rights of the services', log, () => giveRights(servers, options.rights, log));
  await timed('demo data', log, () => seedDatabase(databaseUrl, secrets, ports.simulator));

  options.signal?.throwIfAborted();

  const wanted = (name: ServiceName) => options.only?.includes(name) ?? true;
  const instances = (
    await toStackInstances({
      addresses: { urlsOf, ports, webhookJournalDir: home.webhookJournalDir },
      secrets,
      replicas: options.replicas ?? {},
      mode: options.ports ?? 'stable',
    })
  )
    .filter(({ service }) => wanted(service))
    .map((instance) => withExtraEnv(instance, options.env));
  const opsUrls = new Map(instances.map(({ name, spec }) => [name, spec.opsUrl]));
  const processesOf = (service: ServiceName) => instances.filter((one) => one.service === service);
  const dev: DevFile = {
    gatewayUrl: toWsUrl(ports.gateway),
    webhookUrl: toHttpUrl(ports.webhook),
    apiUrl: toHttpUrl(ports.api),
    gatewayUrls: processesOf('ws-gateway').map((one) => toWsUrl(one.ports.gateway)),
    webhookUrls: processesOf('webhook').map((one) => toHttpUrl(one.ports.webhook)),
    apiUrls: processesOf('api').map((one) => toHttpUrl(one.ports.api)),
    databaseUrl,
    redisUrl,
    simulatorUrl: toHttpUrl(ports.simulator),
    apiKey: secrets.apiKey,
    tenants: await signDevTenants(secrets),
    services: {},
  };
  const file = createDevFileWriter(home.devFile, dev, log);
  releases.push(file.remove);

  const group = await createServiceGroup({
    instances,
    logsDir: home.logsDir,
    cwd: REPO_ROOT,
    renderer: createLogRenderer({ colour: options.colour ?? false, names: [...opsUrls.keys(), 'ramal'] }),
    log,
    readyTimeoutMs: options.readyTimeoutMs ?? 60_000,
    restartAfterMs: options.restartAfterMs,
    onStarted: (name, pid) => {
      dev.services[name] = { pid, opsUrl: opsUrls.get(name) ?? '' };
      file.changed();
    },
  });
  releases.push(group.stop);
  await unlessAborted(
    options.signal,
    group.start((name, ms) => log(`✓ ${name} (${ms} ms)`)),
  );
  await file.publish();

  const refresh = setInterval(() => {
    void signDevTenants(secrets).then((tenants) => {
      dev.tenants = tenants;
      file.changed();
    });
  }, TOKEN_REFRESH_MS);
  refresh.unref();
  releases.push(async () => clearInterval(refresh));
  return toStack(dev, group, stop);
}

function toStack(dev: DevFile, group: ServiceGroup, stop: () => Promise<void>): Stack {
  return {
    dev,
    output: group.output,
    kill: group.kill,
    restartOf: (service, timeoutMs = 120_000) => group.restartOf(service, timeoutMs),
    stopService: group.stopService,
    startService: group.startService,
    restartWith: group.restartWith,
    deaths: group.deaths,
    killAll: group.killAll,
    stop,
  };
}

/** Last acquired, first released; one that fails does not keep the others. */
async function releaseAll(releases: (() => Promise<unknown>)[], log: (line: string) => void): Promise<void> {
  for (const release of releases.reverse()) {
    await release().catch((error: unknown) => log(`while stopping: ${String(error)}`));
  }
}

function withExtraEnv(instance: StackInstance, env: StartStackOptions['env'] = {}): StackInstance {
  const { spec, service } = instance;
  return { ...instance, spec: { ...spec, env: { ...spec.env, ...env['*'], ...env[service] } } };
}

/** Writes dev.json from the moment the stack is ready, and again, one write at a time, at each change. */
function createDevFileWriter(path: string, dev: DevFile, log: (line: string) => void) {
  let published = false;
  let last: Promise<void> = Promise.resolve();
  const write = () => {
    last = last
      .then(() => (published ? writeJsonFile(path, dev) : undefined))
      .catch((error: unknown) => log(`${path} could not be written: ${String(error)}`));
    return last;
  };
  return {
    changed: () => void write(),
    publish: () => {
      published = true;
      return write();
    },
    remove: async () => {
      published = false;
      await last;
      await rm(path, { force: true });
    },
  };
}

async function unlessAborted(signal: AbortSignal | undefined, work: Promise<void>): Promise<void> {
  if (signal === undefined) return work;
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  work.catch(() => undefined); // after an abort nobody waits for it any more
  await Promise.race([work, aborted]);
}

async function timed<T>(what: string, log: (line: string) => void, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await work();
  log(`✓ ${what} (${Math.round(performance.now() - startedAt)} ms)`);
  return result;
}
