import { sleepUntil } from '@ramal/testkit';
import { connectCrowd } from '../load/crowd.ts';
import { keepSteadyPace } from '../load/steady-pace.ts';
import type { Figures } from '../measure/alternate.ts';
import { meter, toUnitFigures } from '../measure/meter.ts';
import type { CrowdAgent } from './agents.ts';
import type { SpeedEnvironment } from './lab.ts';
import type { SocketSide } from './socket-sides.ts';

const LAST_MS = 20_000;
/** A pop-up is longer than this, whatever else comes is shorter. */
const POPUP_BYTES = 300;
/** Of the gateway's own making, such as a claim: no pop-up. */
const isPopup = (from: number, to: number) => to - from > POPUP_BYTES;

/** A side with its agents connected. */
export interface OpenFanOut {
  measure(pace: {
    perSec: number;
    ring: number;
    seconds: number;
  }): Promise<{ figures: Figures; lost: number }>;
  cut(): void;
}

/** Connects the first so many agents of a side. */
export async function openFanOut(
  side: SocketSide,
  agents: number,
  { signal }: SpeedEnvironment,
): Promise<OpenFanOut> {
  let arrived = 0;
  const crowd = await connectCrowd(
    side.port(),
    side.dialects.slice(0, agents),
    (_bytes, from, to) => {
      if (isPopup(from, to)) arrived += 1;
    },
    signal,
  );
  return {
    cut: crowd.cut,
    async measure({ perSec, ring, seconds }) {
      const groups = toRingGroups(side.agents.slice(0, agents), ring);
      arrived = 0;
      let sent = 0;
      const metered = await meter([side.pid()], async () => {
        const published: Promise<void>[] = [];
        const calls = await keepSteadyPace({ perSec: perSec / groups.size, seconds }, signal, (index) => {
          published.push(side.publish(groups.of(index)));
        });
        await Promise.all(published);
        sent = calls * groups.size;
        await sleepUntil(() => arrived >= sent, { timeoutMs: LAST_MS, everyMs: 5 }).catch(() => undefined);
      });
      return { figures: toUnitFigures(metered, sent), lost: Math.max(0, sent - arrived) };
    },
  };
}

/** The agents in groups of one company each, whose phones ring together. */
function toRingGroups(agents: readonly CrowdAgent[], ring: number) {
  const tenants = [...new Set(agents.map(({ tenant }) => tenant))];
  const byTenant = tenants.map((tenant) => agents.filter((agent) => agent.tenant === tenant));
  const size = Math.min(ring, ...byTenant.map((members) => members.length));
  return {
    size,
    of(index: number): CrowdAgent[] {
      const members = byTenant[index % byTenant.length] ?? [];
      const first = Math.floor(index / byTenant.length) * size;
      return Array.from({ length: size }, (_, i) => members[(first + i) % members.length]).filter(
        (agent) => agent !== undefined,
      );
    },
  };
}
