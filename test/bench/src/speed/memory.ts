import { setTimeout as delay } from 'node:timers/promises';
import { createNames } from '@ramal/contracts';
import { withReleases } from '@ramal/devstack';
import { connectCrowd } from '../load/crowd.ts';
import { alternate, type Figures } from '../measure/alternate.ts';
import { readResidentBytes } from '../measure/process-figures.ts';
import type { MemoryOptions } from '../options.ts';
import { toCrowdTenants } from './agents.ts';
import { openLab, type SpeedEnvironment } from './lab.ts';
import { openSocketSides, type SocketSide } from './socket-sides.ts';
import { figureOf, type SpeedReport, toGoal } from './speed-report.ts';

const SETTLE_MS = 300;

/** What an agent who is connected and does nothing takes of memory, in the process that has the sockets. */
export function runMemory(options: MemoryOptions, environment: SpeedEnvironment): Promise<SpeedReport> {
  return withReleases(environment, async (releases) => {
    const { agents, runs } = options;
    const { signal } = environment;
    // As many come first: with them all is loaded and compiled, and V8's heap has the size that such work makes it take.
    const all = 2 * agents;
    const lab = await openLab(toCrowdTenants('ramal', all), ['ws-gateway'], environment, releases);
    const sides = await openSocketSides(lab, createNames(), all, releases);

    /** What is left after the garbage is gone, which it says nothing of: until it does not shrink any more. */
    const readSettled = async (pid: number): Promise<number> => {
      let least = Number.POSITIVE_INFINITY;
      for (let tries = 0; tries < 10; tries++) {
        process.kill(pid, 'SIGUSR2');
        await delay(SETTLE_MS, undefined, { signal });
        const bytes = await readResidentBytes(pid);
        if (bytes >= least) return Math.min(bytes, least);
        least = bytes;
      }
      return least;
    };

    const used = new Set<SocketSide>();
    const measure = async (side: SocketSide): Promise<Figures> => {
      // Anew each time: memory that was used once is kept for what comes.
      if (used.has(side)) await side.restart();
      used.add(side);
      const idle = () => undefined;
      const first = await connectCrowd(side.port(), side.dialects.slice(0, agents), idle, signal);
      const before = await readSettled(side.pid());
      const crowd = await connectCrowd(side.port(), side.dialects.slice(agents), idle, signal);
      const after = await readSettled(side.pid());
      crowd.cut();
      first.cut();
      return { kb: (after - before) / agents / 1000 };
    };
    const figures = await alternate(
      sides.map((side) => ({ name: side.name, kind: side.kind, measure: () => measure(side) })),
      runs,
      environment,
    );
    const kbOf = (name: string) => figureOf(figures, name, 'kb');
    return {
      bench: 'memory',
      ok: true,
      options,
      unit: 'agent',
      figures: [{ key: 'kb', title: 'memory an idle agent', unit: 'kB' }],
      sides: figures,
      goals: [toGoal('memory an agent over the floor’s', kbOf('ramal') / kbOf('floor'), { most: 1.5 })],
      notes: [
        `resident memory that the second ${agents} agents add to that of the first ${agents}, after garbage collection`,
      ],
    };
  });
}
