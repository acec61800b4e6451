import { setTimeout as delay } from 'node:timers/promises';
import type { InstanceName, Stack } from '@ramal/devstack';
import { sleepUntil } from '@ramal/testkit';
import { type Failpoint, type KillPhase, toFailpointEnv, toPointOf } from './failpoint-phases.ts';
import type { Random } from './random.ts';

/** How often the dialers died in a phase. */
export interface FleetDeaths {
  killed: number;
  /** Ended in any other way. */
  crashed: number;
  /** Points of the phase at which nobody died. */
  unproven: Failpoint[];
  /** Nobody was to die. */
  calm?: boolean;
}

/** The run's dialers, which die. */
export interface DialerFleet {
  /** Starts them anew, to die as the phase has it once there is something to do. */
  begin(phase: KillPhase, intents: number): Promise<void>;
  /** Stops them in order; says how often they died since `begin`. */
  end(): Promise<FleetDeaths>;
}

const KILL_EVERY_MS = [300, 1800] as const;
/** In a long run all are away once, until the oldest clicks are about to run out, and come back to what has piled up. */
const OUTAGE_AFTER_KILLS = 5;
const OUTAGE_MS = 8800;
const LONG_RUN_INTENTS = 1000;
const READY_WITHIN_MS = 60_000;

export function createDialerFleet(
  stack: Stack,
  dialers: readonly InstanceName[],
  random: Random,
): DialerFleet {
  let phase: KillPhase = { name: '', points: [] };
  let pointOf = new Map<InstanceName, Failpoint>();
  let before = new Map<InstanceName, { killed: number; crashed: number }>();
  let stopping = new AbortController();
  let killing: Promise<void> | undefined;

  const waitReady = (dialer: InstanceName) => {
    const url = `${stack.dev.services[dialer]?.opsUrl ?? ''}/readyz`;
    const isReady = async () => (await fetch(url, { signal: AbortSignal.timeout(2500) })).ok;
    return sleepUntil(isReady, {
      timeoutMs: READY_WITHIN_MS,
      everyMs: 100,
      describe: `${dialer} to be ready`,
    });
  };
  const pause = (ms: number) => delay(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
  const stopAll = () => Promise.all(dialers.map((dialer) => stack.stopService(dialer)));
  const killAtAnyMoment = async (intents: number) => {
    for (let kills = 0; ; kills++) {
      await pause(random.between(...KILL_EVERY_MS));
      if (stopping.signal.aborted) return;
      if (kills === OUTAGE_AFTER_KILLS && intents >= LONG_RUN_INTENTS) {
        await stopAll();
        await pause(OUTAGE_MS);
        for (const dialer of dialers) await stack.restartWith(dialer, {});
      } else {
        stack.kill(random.pick(dialers), 'SIGKILL');
      }
    }
  };

  return {
    begin: async (next, intents) => {
      phase = next;
      pointOf = toPointOf(phase, dialers);
      before = new Map(dialers.map((dialer) => [dialer, stack.deaths(dialer)]));
      await Promise.all(
        dialers.map((dialer, i) =>
          stack.restartWith(dialer, {
            ...toFailpointEnv(pointOf.get(dialer), intents),
            ...phase.env?.(i),
          }),
        ),
      );
      await Promise.all(dialers.map(waitReady));
      stopping = new AbortController();
      killing = phase.points.length === 0 && phase.calm !== true ? killAtAnyMoment(intents) : undefined;
    },
    end: async () => {
      stopping.abort();
      await killing;
      await stopAll();
      const deaths = { killed: 0, crashed: 0 };
      const proven = new Set<Failpoint | undefined>();
      for (const dialer of dialers) {
        const { killed, crashed } = stack.deaths(dialer);
        const own = killed - (before.get(dialer)?.killed ?? 0);
        deaths.killed += own;
        deaths.crashed += crashed - (before.get(dialer)?.crashed ?? 0);
        if (own > 0) proven.add(pointOf.get(dialer));
      }
      return {
        ...deaths,
        unproven: phase.points.filter((point) => !proven.has(point)),
        calm: phase.calm ?? false,
      };
    },
  };
}
