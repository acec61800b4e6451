import { openLogFile } from './log-file.ts';
import type { LogRenderer } from './render-log-line.ts';
import { type InstanceName, STAGES } from './service-names.ts';
import type { StackInstance } from './stack-replicas.ts';
import { type Deaths, type SupervisedProcess, superviseProcess } from './supervised-process.ts';

/** A service gets this long to finish its work when it is stopped. */
const STOP_GRACE_MS = 8000;
const KEPT_LINES = 5000;

export interface ServiceGroupOptions {
  instances: readonly Pick<StackInstance, 'name' | 'service' | 'spec'>[];
  logsDir: string;
  cwd: string;
  renderer: LogRenderer;
  log: (line: string) => void;
  readyTimeoutMs: number;
  restartAfterMs?: number | undefined;
  /** A process was started, first or again. */
  onStarted: (name: InstanceName, pid: number) => void;
}

/** The stack's processes, supervised, each with its log file. */
export interface ServiceGroup {
  /** Starts all at once: they need the servers, not one another. */
  start(onReady: (name: InstanceName, ms: number) => void): Promise<void>;
  /** Stops stage by stage, callers first. */
  stop(): Promise<void>;
  /** Kills everything at once. */
  killAll(): void;
  /** What a process printed, raw, newest last; the last 5000 lines. */
  output(name: InstanceName): readonly string[];
  kill(name: InstanceName, signal: NodeJS.Signals): void;
  restartOf(name: InstanceName, timeoutMs: number): Promise<void>;
  stopService(name: InstanceName): Promise<void>;
  startService(name: InstanceName): Promise<void>;
  restartWith(name: InstanceName, env: Record<string, string>): Promise<void>;
  deaths(name: InstanceName): Deaths;
}

interface Member {
  process: SupervisedProcess;
  lines: string[];
  /** The generation that the last kill was meant for. */
  killedGeneration: number;
  closeLog(): Promise<void>;
}

export async function createServiceGroup(options: ServiceGroupOptions): Promise<ServiceGroup> {
  const { instances, log, renderer, readyTimeoutMs } = options;
  const members = new Map<InstanceName, Member>();
  for (const instance of instances) members.set(instance.name, await createMember(instance, options));
  const member = (name: InstanceName): Member => {
    const found = members.get(name);
    if (found === undefined) throw new Error(`${name} is not part of this stack`);
    return found;
  };
  const stages = STAGES.map((stage) =>
    instances.filter(({ service }) => stage.some((one) => one === service)).map(({ name }) => name),
  );

  return {
    start: async (onReady) => {
      await Promise.all(
        [...members].map(async ([name, { process }]) => {
          const startedAt = performance.now();
          process.start();
          await process.waitReady({ timeoutMs: readyTimeoutMs });
          onReady(name, Math.round(performance.now() - startedAt));
        }),
      );
    },
    stop: async () => {
      for (const stage of stages.toReversed()) {
        await Promise.all(stage.map((name) => member(name).process.stop(STOP_GRACE_MS)));
      }
      await Promise.all([...members.values()].map(({ closeLog }) => closeLog()));
      log(renderer.render('ramal', 'all services stopped'));
    },
    killAll: () => {
      for (const { process } of members.values()) process.kill('SIGKILL');
    },
    output: (name) => member(name).lines,
    kill: (name, signal) => {
      const target = member(name);
      target.killedGeneration = target.process.generation();
      target.process.kill(signal);
    },
    restartOf: (name, timeoutMs) => {
      const { process, killedGeneration } = member(name);
      return process.waitReady({ timeoutMs, generation: killedGeneration + 1 });
    },
    stopService: (name) => member(name).process.stop(STOP_GRACE_MS),
    startService: async (name) => {
      const { process } = member(name);
      const generation = process.generation() + 1;
      process.start();
      await process.waitReady({ timeoutMs: readyTimeoutMs, generation });
    },
    restartWith: async (name, env) => {
      const { process } = member(name);
      await process.stop(STOP_GRACE_MS);
      process.start(env);
    },
    deaths: (name) => member(name).process.deaths(),
  };

  async function createMember(
    { name, spec }: ServiceGroupOptions['instances'][number],
    { logsDir, cwd, onStarted, restartAfterMs }: ServiceGroupOptions,
  ): Promise<Member> {
    const file = await openLogFile(logsDir, name);
    const lines: string[] = [];
    const process = superviseProcess({
      spec,
      cwd,
      restartAfterMs,
      onLine: (line) => {
        file.write(line);
        lines.push(line);
        if (lines.length > KEPT_LINES) lines.shift();
        log(renderer.render(name, line));
      },
      onNotice: (line) => log(renderer.render(name, line)),
      onStarted: (pid) => onStarted(name, pid),
    });
    return { process, lines, killedGeneration: 0, closeLog: file.close };
  }
}
