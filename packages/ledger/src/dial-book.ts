import type { DialReason } from '@ramal/contracts';
import type { ServerEvent } from '@ramal/testkit';
import type { LedgerAgent } from './ledger-tenants.ts';

/** The words by which a dial ends, for the agent who clicked. */
export const FINAL_STATES = ['dial.accepted', 'dial.failed', 'dial.expired', 'dial.uncertain'] as const;
export type FinalState = (typeof FINAL_STATES)[number];

/** A final state as the agent's tab heard it. */
interface ToldEnd {
  state: FinalState;
  reason: DialReason | null;
  /** The server's own time, epoch ms. */
  ts: number;
  /** When it was heard, epoch ms of this process. */
  heardMs: number;
}

/** A click of an agent. */
export interface BookedDial {
  /** Where the dialers were killed meanwhile. */
  phase: string;
  intentId: string;
  agent: LedgerAgent;
  /** Dialled by no other click of the run. */
  to: string;
  /** When it was clicked, epoch ms. */
  askedMs: number;
  /** The ack's; null while the gateway has given none. */
  callId: string | null;
  told: ToldEnd[];
}

/** Every click of a run, with what the agents were told of it. */
export interface DialBook {
  add(dial: Pick<BookedDial, 'phase' | 'agent'>): BookedDial;
  hear(event: ServerEvent, heardMs: number): void;
  /** How many have no final state yet. */
  open(): number;
  all(): readonly BookedDial[];
  of(phase: string): readonly BookedDial[];
}

export function createDialBook(): DialBook {
  const dials = new Map<string, BookedDial>();
  const phases = new Map<string, BookedDial[]>();
  let settled = 0;
  return {
    add: ({ phase, agent }) => {
      const dial: BookedDial = {
        phase,
        agent,
        intentId: `click-${dials.size + 1}`,
        to: `473${String(dials.size + 1).padStart(7, '0')}`,
        askedMs: Date.now(),
        callId: null,
        told: [],
      };
      dials.set(dial.intentId, dial);
      const some = phases.get(phase) ?? [];
      some.push(dial);
      phases.set(phase, some);
      return dial;
    },
    hear: (event, heardMs) => {
      if (!isFinal(event)) return;
      const { intentId, reason = null } = event.data;
      const dial = dials.get(intentId);
      if (dial === undefined) return;
      if (dial.told.length === 0) settled += 1;
      dial.told.push({ state: event.op, reason, ts: event.ts, heardMs });
    },
    open: () => dials.size - settled,
    all: () => [...dials.values()],
    of: (phase) => phases.get(phase) ?? [],
  };
}

function isFinal(event: ServerEvent): event is Extract<ServerEvent, { op: FinalState }> {
  return FINAL_STATES.some((state) => state === event.op);
}
