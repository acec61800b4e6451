import { randomUUID } from 'node:crypto';
import type { Callback } from '@ramal/calls';
import { newCallId } from '@ramal/runtime';
import { createJournal, type Journal, type JournalOptions } from '../src/journal/journal.ts';
import { DISK } from '../src/journal/journal-fs.ts';
import type { JournalRecord } from '../src/journal/journal-record.ts';
import { createJournalSeal } from '../src/journal/journal-seal.ts';

export interface TestJournal extends Journal {
  failures: unknown[];
}

export function createTestJournal(folder: string, over: Partial<JournalOptions> = {}): TestJournal {
  const failures: unknown[] = [];
  const journal = createJournal({
    folder,
    fs: DISK,
    seal: createJournalSeal(null),
    keepMs: 120_000,
    maxBytes: 64 * 1024 * 1024,
    patienceMs: 10_000,
    onSynced: () => undefined,
    onWritten: () => undefined,
    onFailed: (error) => failures.push(error),
    ...over,
  });
  return { ...journal, failures };
}

/** A record of an inbound call's end. */
export function newRecord(
  over: Partial<JournalRecord> = {},
  callback: Partial<Callback> = {},
): JournalRecord {
  const nowMs = Date.now();
  return {
    id: randomUUID(),
    tenant: 'demo',
    callback: {
      kind: 'ended',
      direction: 'inbound',
      legs: [{ ramal: '3501', user: 'ana' }],
      peer: '4732100123',
      origin: '4732100123',
      destination: '3501',
      ...callback,
    },
    receivedAtMs: nowMs,
    wallMs: nowMs,
    callId: newCallId(nowMs),
    ...over,
  };
}
