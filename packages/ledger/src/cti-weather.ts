import type { BehaviourPatch } from '@ramal/simulator';
import { NOT_PLACED_STATUSES, SICK_TENANTS } from './failpoint-tenants.ts';
import type { LedgerTenant } from './ledger-tenants.ts';
import type { Random } from './random.ts';

/** What is wrong with a CTI's next answers. Everything a fault may say is said, so that two never mix. */
type Fault = Required<Pick<BehaviourPatch, 'answerDelayMs' | 'status' | 'fault' | 'times' | 'callOnFault'>>;

/** How often a click brings a change. */
const CHANGED = 0.06;
/** How often a change is that nobody can connect for a moment, and whoever is connected is cut off. */
const REFUSED = 0.01;
const REFUSED_MS = [50, 200] as const;
const LATE_MS = [100, 2500] as const;

/** CTIs that go wrong at random, a few answers at a time: one in ten, however fast the agents click. */
export interface CtiWeather {
  /** Somebody clicks. */
  blow(): void;
  /** All CTIs well, or those of some companies ill in one way after the other, for good. */
  set(kind: 'well' | 'sick'): Promise<void>;
  /** Resolves when the CTIs stay as they are. */
  calm(): Promise<unknown>;
}

export function createCtiWeather(url: string, tenants: readonly LedgerTenant[], random: Random): CtiWeather {
  const orders = new Set<Promise<void>>();
  const change = () =>
    random.chance(REFUSED)
      ? order(`${url}/control/refuse`, 'POST', { ms: random.between(...REFUSED_MS) })
      : order(`${url}/control/behaviour?account=${random.pick(tenants).tenant}`, 'PUT', pickFault(random));
  return {
    blow: () => {
      if (!random.chance(CHANGED)) return;
      const made = change().finally(() => orders.delete(made));
      orders.add(made);
    },
    set: async (kind) => {
      await Promise.all(orders);
      for (const { tenant } of tenants) {
        const at = SICK_TENANTS.indexOf(tenant);
        const patch = kind === 'sick' ? toSickness(at, random) : {};
        await order(`${url}/control/behaviour?account=${tenant}`, 'PUT', { ...WELL, ...patch });
      }
    },
    calm: () => Promise.all(orders),
  };
}

const WELL: Omit<Fault, 'times'> & { times: null } = {
  answerDelayMs: 0,
  status: null,
  fault: 'none',
  times: null,
  callOnFault: false,
};

/** Another illness each time: mute, resetting, redirecting to where clouds keep their secrets, a body without end, slow. */
function toSickness(at: number, random: Random): BehaviourPatch {
  if (at < 0) return {};
  return random.pick<BehaviourPatch>([
    { fault: 'mute' },
    { fault: 'reset_before_reply' },
    { fault: 'redirect' },
    { fault: 'huge_body' },
    { fault: 'garbage' },
    { answerDelayMs: 4000 },
  ]);
}

function pickFault(random: Random): Fault {
  const fine: Fault = { answerDelayMs: 0, status: null, fault: 'none', times: 1, callOnFault: false };
  const times = random.between(1, 3);
  const callOnFault = random.chance(0.5);
  return random.pick<() => Fault>([
    () => ({ ...fine, times, answerDelayMs: random.between(...LATE_MS) }),
    () => ({ ...fine, times, answerDelayMs: random.between(...LATE_MS) }),
    () => ({ ...fine, fault: 'mute', callOnFault }),
    () => ({ ...fine, times, fault: 'reset_before_reply', callOnFault }),
    () => ({ ...fine, times, answerDelayMs: 400, fault: 'reset_before_reply', callOnFault }),
    () => ({ ...fine, times, status: 500, callOnFault }),
    () => ({ ...fine, times, status: 404 }),
    () => ({ ...fine, times: random.between(1, 6), status: random.pick(NOT_PLACED_STATUSES) }),
  ])();
}

/** One that does not arrive changes nothing: another follows. */
async function order(url: string, method: string, body: object): Promise<void> {
  await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(2000),
  })
    .then((response) => response.arrayBuffer())
    .catch(() => undefined);
}
