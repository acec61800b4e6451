/** What must be zero at the end of a run. */
export const FAULT_KINDS = ['crashes', 'hangs', 'leaks', 'unexpected5xx', 'sentinelsLost', 'forged'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Which input it was: seed, target and index make it again. */
export interface Reproduction {
  target: string;
  index: number | null;
}

/** Counts faults and keeps the first few of each kind, to look into. */
export interface FuzzFaults {
  note(kind: FaultKind, of: Reproduction, detail: string): void;
  counts(): Record<FaultKind, number>;
  /** The first of each kind, with what makes them again. */
  examples(): string[];
}

const KEPT = 10;
const LONGEST_DETAIL = 600;

export function createFuzzFaults(seed: number): FuzzFaults {
  const found = new Map<FaultKind, string[]>();
  const counts = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  return {
    note(kind, { target, index }, detail) {
      counts[kind] += 1;
      const kept = found.get(kind) ?? [];
      if (kept.length >= KEPT) return;
      const again =
        index === null
          ? `--seed ${seed} --target ${target}`
          : `--seed ${seed} --target ${target} --index ${index}`;
      kept.push(`${kind}: ${again}: ${JSON.stringify(detail.slice(0, LONGEST_DETAIL))}`);
      found.set(kind, kept);
    },
    counts: () => ({ ...counts }),
    examples: () => [...found.values()].flat(),
  };
}
