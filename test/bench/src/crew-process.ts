import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CrewCounts, CrewTarget } from './hostile-crew.ts';
import type { CrewOrder } from './hostile-crew-main.ts';

export interface CrewProcess {
  attack(target: CrewTarget): void;
  /** Stops the attack and tells what was done since it began. */
  rest(): Promise<CrewCounts>;
  close(): Promise<void>;
}

/** Forks the built crew: a bench that runs from its sources, in a test, finds it in dist too. */
export function startCrewProcess(): CrewProcess {
  const entry = fileURLToPath(new URL('../dist/hostile-crew-main.js', import.meta.url));
  const child: ChildProcess = fork(entry, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const tell = (order: CrewOrder) => child.send(order);
  return {
    attack: (target) => void tell({ do: 'attack', target }),
    async rest() {
      const answer = once(child, 'message', { signal: AbortSignal.timeout(30_000) });
      tell({ do: 'stop' });
      const [counts] = (await answer) as [CrewCounts];
      return counts;
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
