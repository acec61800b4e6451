import type { LedgerAgent, LedgerTenant } from './ledger-tenants.ts';
import { createRandom, type Random } from './random.ts';

export type CallbackKind = 'incoming' | 'answered' | 'ended' | 'recording';

/** One callback of a CTI: sent when it is due, and again when it is to be doubled. Times are in ms since the call began. */
export interface PlannedCallback {
  kind: CallbackKind;
  dueMs: number;
  /** When the same is sent once more; null for most. */
  copyDueMs: number | null;
  /** The end of the window in which the CTI tells of it. */
  latestMs: number;
  variables: Record<string, string>;
}

/**
 * `missed` rings and ends, `outbound` was dialled at the phone, `orphan` is an end alone, `dial` is an agent's click
 * whose callbacks come from the simulated CTI.
 */
type CallShape = 'answered' | 'missed' | 'outbound' | 'internal' | 'orphan' | 'dial';

export interface PlannedCall {
  shape: CallShape;
  tenant: LedgerTenant;
  /** In ms of the plan. */
  startMs: number;
  origin: string;
  destination: string;
  /** Where the CTI tells ids. */
  externalCallId: string | null;
  /** Whose call it is: who dialled, or who was called and, in an internal call, then the caller. */
  agents: readonly LedgerAgent[];
  recording: string | null;
  /** None for a dial. */
  callbacks: PlannedCallback[];
}

/** A tab's life: cut off without a word at a moment of the plan, for so long. */
interface PlannedCut {
  atMs: number;
  awayMs: number;
}

export interface PlannedAgent {
  agent: LedgerAgent;
  /** One entry a tab; none for an agent who is not logged in at all. */
  tabs: { cuts: PlannedCut[] }[];
}

export interface LedgerPlan {
  calls: PlannedCall[];
  agents: PlannedAgent[];
  /** When the last call begins. */
  lengthMs: number;
}

const CALLS_PER_SEC = 100;
/** Each callback is up to this late, so that those of one call arrive in any order. */
const SHUFFLE_MS = 5000;
const DUPLICATED = 0.1;
const REDIAL_AFTER_MS = 65_000;
/** Longer than any pop-up of a call that is over may be shown (2 min). */
const SLEEP_MS = 130_000;

/** Parts of a thousand. */
const SHAPES: readonly (readonly [shape: CallShape | 'redial', share: number])[] = [
  ['missed', 150],
  ['outbound', 150],
  ['internal', 80],
  ['redial', 40],
  ['dial', 30],
  ['orphan', 20],
  ['answered', 530],
];

/** Everything a run does and when, from its seed alone. */
export function makePlan(options: {
  calls: number;
  seed: number;
  tenants: readonly LedgerTenant[];
}): LedgerPlan {
  const random = createRandom(options.seed);
  const lengthMs = Math.round((options.calls / CALLS_PER_SEC) * 1000);
  const agents = options.tenants.flatMap((tenant) =>
    tenant.agents.map((agent, i) => ({ agent, tabs: planTabs(random, i, lengthMs) })),
  );
  const loggedIn = new Set(agents.flatMap(({ agent, tabs }) => (tabs.length > 0 ? [agent] : [])));
  const desks = options.tenants.map((tenant) => new CallDesk(tenant, random, loggedIn));
  const calls = Array.from({ length: options.calls }, (_, i) => {
    const startMs = Math.round((i / options.calls) * lengthMs);
    return random.pick(desks).place(pickShape(random), startMs);
  });
  return { calls, agents, lengthMs: Math.max(lengthMs, ...calls.map(({ startMs }) => startMs)) };
}

function pickShape(random: Random): CallShape | 'redial' {
  let left = random.between(0, 999);
  for (const [shape, share] of SHAPES) {
    if (left < share) return shape;
    left -= share;
  }
  return 'answered';
}

/** Every company has an agent with two tabs in front, some with one, and one who never logs in. */
function planTabs(random: Random, index: number, lengthMs: number): PlannedAgent['tabs'] {
  if (index % 16 === 4) return [];
  const tabs = Array.from({ length: index % 2 === 0 ? 2 : 1 }, () => ({ cuts: planCuts(random, lengthMs) }));
  // A second tab that sleeps so long that what it missed has run out when it comes back.
  if (index % 6 === 2 && lengthMs > 30_000 && tabs[1] !== undefined) {
    tabs[1].cuts = [{ atMs: random.between(5000, 20_000), awayMs: SLEEP_MS }];
  }
  return tabs;
}

function planCuts(random: Random, lengthMs: number): PlannedCut[] {
  const cuts: PlannedCut[] = [];
  let atMs = random.between(500, 10_000);
  while (atMs < lengthMs + SHUFFLE_MS) {
    // Mostly a moment, as a page that is reloaded; sometimes a train in a tunnel.
    const awayMs = random.chance(0.8) ? random.between(50, 1500) : random.between(1500, 8000);
    cuts.push({ atMs, awayMs });
    atMs += awayMs + random.between(1000, 15_000);
  }
  return cuts;
}

/** Makes up the calls of one company; far ends are counted, so that no two calls of a company share one by chance. */
class CallDesk {
  readonly #tenant: LedgerTenant;
  readonly #random: Random;
  readonly #loggedIn: ReadonlySet<LedgerAgent>;
  #peers = 0;
  #made = 0;
  #redialable: PlannedCall[] = [];
  /** When the two extensions of a pair last spoke, by `a b`. */
  #internalAt = new Map<string, number>();

  constructor(tenant: LedgerTenant, random: Random, loggedIn: ReadonlySet<LedgerAgent>) {
    this.#tenant = tenant;
    this.#random = random;
    this.#loggedIn = loggedIn;
  }

  place(shape: CallShape | 'redial', startMs: number): PlannedCall {
    if (shape === 'redial') return this.#redial(startMs);
    if (shape === 'internal') return this.#internal(startMs);
    const agent = this.#random.pick(this.#tenant.agents);
    const ours = shape === 'outbound' || shape === 'dial';
    const peer = this.#nextPeer();
    if (shape === 'dial' && !this.#loggedIn.has(agent)) return this.place('outbound', startMs);
    const call = this.#make(shape, startMs, [agent], ours ? [agent.ramal, peer] : [peer, agent.ramal]);
    if (shape === 'answered') this.#redialable.push(call);
    return call;
  }

  /** The same two numbers once more, a minute after: another call. */
  #redial(startMs: number): PlannedCall {
    const [oldest] = this.#redialable;
    if (oldest === undefined || oldest.startMs + REDIAL_AFTER_MS > startMs) {
      return this.place('answered', startMs);
    }
    this.#redialable = this.#redialable.filter((call) => call.startMs + REDIAL_AFTER_MS > startMs);
    return this.#make('answered', startMs, oldest.agents, [oldest.origin, oldest.destination], true);
  }

  #internal(startMs: number): PlannedCall {
    const [caller, callee] = [this.#random.pick(this.#tenant.agents), this.#random.pick(this.#tenant.agents)];
    const pair = [caller.ramal, callee.ramal].sort().join(' ');
    const lastAt = this.#internalAt.get(pair) ?? -REDIAL_AFTER_MS;
    // Without ids two calls of one pair at one time are one to anybody.
    if (caller === callee || startMs < lastAt + REDIAL_AFTER_MS) return this.place('answered', startMs);
    this.#internalAt.set(pair, startMs);
    return this.#make('internal', startMs, [callee, caller], [caller.ramal, callee.ramal], true);
  }

  #nextPeer(): string {
    this.#peers += 1;
    return `473${String(this.#peers).padStart(7, '0')}`;
  }

  #make(
    shape: CallShape,
    startMs: number,
    agents: readonly LedgerAgent[],
    [origin, destination]: readonly [string, string],
    repeated = false,
  ): PlannedCall {
    const random = this.#random;
    this.#made += 1;
    const id = `call-${this.#made}`;
    const externalCallId = this.#tenant.sendsIds && shape !== 'dial' ? id : null;
    const answeredMs = random.between(1000, 2500);
    const endedMs =
      shape === 'orphan' || shape === 'missed' ? answeredMs : answeredMs + random.between(500, 2500);
    const talked = shape !== 'orphan' && shape !== 'missed';
    const recording = talked && random.chance(0.6) ? `https://pbx.example/${id}.wav` : null;
    // With the same two numbers and no id, a recording that overtook its own call could only be told of the last one.
    const later = recording !== null && random.chance(0.5) && (externalCallId !== null || !repeated);
    const said: [CallbackKind, number, Record<string, string>][] = [];
    if (shape === 'answered' || shape === 'missed' || shape === 'internal') said.push(['incoming', 0, {}]);
    if (talked) said.push(['answered', answeredMs, {}]);
    const duration = talked ? Math.max(1, Math.round((endedMs - answeredMs) / 1000)) : 0;
    const ending = { status: talked ? 'ANSWERED' : 'NO ANSWER', duracao: String(duration) };
    said.push(['ended', endedMs, recording !== null && !later ? { ...ending, audio: recording } : ending]);
    if (later) said.push(['recording', endedMs + 300, { audio: recording }]);
    const numbers = {
      origem: origin,
      destino: destination,
      ...(externalCallId === null ? {} : { id: externalCallId }),
    };
    const callbacks = said.map(([kind, atMs, more]) => {
      const dueMs = atMs + random.between(0, SHUFFLE_MS);
      return {
        kind,
        dueMs,
        copyDueMs: this.#copyOf(atMs, dueMs),
        latestMs: atMs + SHUFFLE_MS,
        variables: { ...numbers, ...more },
      };
    });
    return {
      shape,
      tenant: this.#tenant,
      startMs,
      origin,
      destination,
      externalCallId,
      agents,
      recording: shape === 'dial' ? null : recording,
      callbacks: shape === 'dial' ? [] : callbacks,
    };
  }

  /** Half of the doubles come at the same moment, half at another one of the window. */
  #copyOf(atMs: number, dueMs: number): number | null {
    if (!this.#random.chance(DUPLICATED)) return null;
    return this.#random.chance(0.5) ? dueMs : atMs + this.#random.between(0, SHUFFLE_MS);
  }
}
