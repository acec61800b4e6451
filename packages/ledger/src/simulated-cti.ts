import type { BehaviourPatch, CallbackRecord, OriginateRecord, SimulatedCall } from '@ramal/simulator';
import { sleepUntil } from '@ramal/testkit';
import type { SentCallback } from './callback-sender.ts';
import type { MadeDial } from './judge-calls.ts';
import type { LedgerTenant } from './ledger-tenants.ts';
import type { CallbackKind, PlannedCall } from './plan.ts';

/** What the simulated CTI has in its own books about the agents' dials. */
export interface SimulatedBooks {
  /** Callbacks by call, those of one call and kind together. */
  callbacks: SentCallback[];
  originatesTo(call: PlannedCall): number;
  /** Copies in all, and answers that were not 2xx. */
  copies: number;
  non2xx: number;
}

const PATIENCE_MS = 30_000;

/** What makes the CTI of each tenant hard to follow; the tenants take turns. */
const BEHAVIOURS: readonly BehaviourPatch[] = [
  { order: 'ended_first' },
  { duplicateCallbacks: 1, recording: 'later' },
  { order: 'ended_first', duplicateCallbacks: 1 },
  { recording: 'later', recordingDelayMs: 1500 },
];

export async function setUpSimulatedCti(url: string, tenants: readonly LedgerTenant[]): Promise<void> {
  for (const [i, { tenant }] of tenants.entries()) {
    const patch = { ringMs: 400, talkMs: 900, ...BEHAVIOURS[i % BEHAVIOURS.length] };
    const response = await fetch(`${url}/control/behaviour?account=${tenant}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(patch),
    });
    if (!response.ok) throw new Error(`the simulator answered ${response.status}: ${await response.text()}`);
  }
}

/** Waits until every dial is over and told, or for long enough, then reads the books: the judge says what is missing. */
export async function readSimulatedBooks(
  url: string,
  tenants: readonly LedgerTenant[],
  dials: readonly MadeDial[],
  signal: AbortSignal,
): Promise<SimulatedBooks> {
  const isOver = async () => isSettled(await readBooks(url, dials, signal), tenants, dials);
  await sleepUntil(isOver, { timeoutMs: PATIENCE_MS, everyMs: 250 }).catch(() => undefined);
  signal.throwIfAborted();
  return readBooks(url, dials, signal);
}

async function readBooks(
  url: string,
  dials: readonly MadeDial[],
  signal: AbortSignal,
): Promise<SimulatedBooks> {
  const read = async <Row>(what: string): Promise<Row[]> => {
    const response = await fetch(`${url}/control/${what}`, { signal });
    return (await response.json()) as Row[];
  };
  const dialOf = new Map(dials.map(({ call }) => [`${call.tenant.tenant} ${call.destination}`, call]));
  const [originates, calls, records] = await Promise.all([
    read<OriginateRecord>('originates'),
    read<SimulatedCall>('calls'),
    read<CallbackRecord>('callbacks'),
  ]);
  return {
    callbacks: joinRecords(calls, records, dialOf),
    originatesTo: (call) =>
      originates.filter(
        ({ account, destination }) => account === call.tenant.tenant && destination === call.destination,
      ).length,
    copies: records.length,
    non2xx: records.filter(({ status }) => status === null || status >= 300).length,
  };
}

/** The end of each call is told and answered, and what its tenant's CTI tells besides. */
function isSettled(
  books: SimulatedBooks,
  tenants: readonly LedgerTenant[],
  dials: readonly MadeDial[],
): boolean {
  const wanted = dials.filter(({ callId }) => callId !== null);
  const told = books.callbacks.filter(({ acknowledged }) => acknowledged > 0);
  return wanted.every(({ call }) => {
    const { recording } = BEHAVIOURS[tenants.indexOf(call.tenant) % BEHAVIOURS.length] ?? {};
    const kinds = recording === 'later' ? 3 : 2;
    return told.filter((one) => one.call === call).length === kinds;
  });
}

function joinRecords(
  calls: readonly SimulatedCall[],
  records: readonly CallbackRecord[],
  dialOf: ReadonlyMap<string, PlannedCall>,
): SentCallback[] {
  const callOf = new Map(calls.map((call) => [call.id, call]));
  const joined = new Map<string, SentCallback>();
  for (const { callId, account, event, at, status } of records) {
    const call = dialOf.get(`${account} ${callOf.get(callId)?.destination ?? ''}`);
    if (call === undefined) continue;
    const key = `${callId} ${event}`;
    const one = joined.get(key) ?? {
      call,
      callback: { kind: event satisfies CallbackKind, dueMs: 0, copyDueMs: null, latestMs: 0, variables: {} },
      sentAtMs: at,
      acknowledged: 0,
    };
    if (status !== null && status < 300) one.acknowledged += 1;
    joined.set(key, one);
  }
  return [...joined.values()];
}
