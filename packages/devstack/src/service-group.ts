import { openLogFile } from './log-file.ts';
import type { ProcessSpec } from './process-specs.ts';
import type { LogRenderer } from './render-log-line.ts';
import { type ServiceName, STAGES } from './service-names.ts';
import { type SupervisedProcess, superviseProcess } from './supervised-process.ts';

/** A service gets this long to finish its work when it is stopped. */
const STOP_GRACE_MS = 8000;
const KEPT_LINES = 5000;

export interface ServiceGroupOptions {
  names: readonly ServiceName[];
  specs: Record<ServiceName, ProcessSpec>;
  logsDir: string;
  cwd: string;
  renderer: LogRenderer;
  log: (line: string) => void;
  readyTimeoutMs: number;
  /** A process was started, first or again. */
  onStarted: (name: ServiceName, pid: number) => void;
}

/** The stack's processes, supervised, each with its log file. */
export interface ServiceGroup {
  /** Starts all at once: they need the servers, not one another. */
  start(onReady: (name: ServiceName, ms: number) => void): Promise<void>;
  /** Stops stage by stage, callers first. */
  stop(): Promise<void>;
  /** Kills everything at once. */
  killAll(): void;
  /** What a process printed, raw, newest last; the last 5000 lines. */
  output(name: ServiceName): readonly string[];
  kill(name: ServiceName, signal: NodeJS.Signals): void;
  restartOf(name: ServiceName, timeoutMs: number): Promise<void>;
  stopService(name: ServiceName): Promise<void>;
  startService(name: ServiceName): Promise<void>;
}

interface Member {
  process: SupervisedProcess;
  lines: string[];
  /** The generation that the last kill was meant for. */
  killedGeneration: number;
  closeLog(): Promise<void>;
}

export async function createServiceGroup(options: ServiceGroupOptions): Promise<ServiceGroup> {
  const { specs, log, renderer, readyTimeoutMs } = options;
  const members = new Map<ServiceName, Member>();
  for (const name of options.names) members.set(name, await createMember(name, options));
  const member = (name: ServiceName): Member => {
    const found = members.get(name);
    if (found === undefined) throw new Error(`${name} is not part of this stack`);
    return found;
  };
  const stages = STAGES.map((stage) => stage.filter((name) => members.has(name)));

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
  };

  async function createMember(
    name: ServiceName,
    { logsDir, cwd, onStarted }: ServiceGroupOptions,
  ): Promise<Member> {
    const file = await openLogFile(logsDir, name);
    const lines: string[] = [];
    const process = superviseProcess({
      spec: specs[name],
      cwd,
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
