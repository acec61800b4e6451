import { mentionsNumber, type Person, reduceCall } from '@ramal/calls';
import type { CallEvent, CallView } from '@ramal/contracts';
import {
  appendAudit,
  type AuditRecord,
  eachDeadLetter,
  findUserRecord,
  listAuditOf,
  listCallEvents,
  listCallTraces,
  type SearchPlace,
  type StoredTrace,
  type UserRecord,
} from '@ramal/store';
import type { PrivacyDeps } from './erase-personal-data.ts';
import { searchPerson, toHint, toLetterStores } from './person-search.ts';

export interface ExportRequest {
  tenant: string;
  person: Person;
  actor: string;
  after?: SearchPlace | null;
  /** Stops looking for more calls after so long, in ms; default never: then all is in one page. */
  budgetMs?: number;
  /** Calls of a page, about; default no limit. */
  most?: number;
}

interface ExportedCall {
  call: CallView;
  /** False for one that is alive and not stored yet. */
  stored: boolean;
  events: CallEvent[];
  steps: StoredTrace[];
}

/** Everything that is held on a person, or the next page of it. */
export interface PersonExport {
  calls: ExportedCall[];
  /** With the first page alone, as what follows. */
  user: UserRecord | null;
  deadLetters: { id: string; createdAt: string; payload: string }[];
  audit: AuditRecord[];
  next: SearchPlace | null;
}

/** What is held on a person of one tenant (LGPD, art. 18, II and V), newest calls first. That it was read is written down. */
export async function exportPersonalData(deps: PrivacyDeps, request: ExportRequest): Promise<PersonExport> {
  const { tenant, person, actor, after = null, budgetMs = Infinity, most = Infinity } = request;
  const startedMs = performance.now();
  const store = await deps.historyOf(tenant);
  const subject = deps.subjectOf(tenant, person);
  const exported: PersonExport = { calls: [], user: null, deadLetters: [], audit: [], next: after };
  if (after === null) {
    await appendAudit(deps.directory, {
      tenant,
      actor,
      action: 'person.exported',
      subject,
      detail: { kind: person.kind },
    });
    await readOnce(deps, request, exported);
    for (const { callId, events } of await deps.live.find(tenant, person)) {
      if ((await listCallEvents(store, tenant, callId)).length > 0) continue;
      exported.calls.push({ call: reduceCall(events), stored: false, events, steps: [] });
    }
  }
  for (;;) {
    const page = await searchPerson(store, tenant, person, exported.next);
    for (const { callId, events } of page.calls) {
      const steps = await listCallTraces(store, tenant, callId);
      exported.calls.push({ call: reduceCall(events), stored: true, events, steps });
    }
    exported.next = page.next;
    const isFull = exported.calls.length >= most || performance.now() - startedMs > budgetMs;
    if (page.next === null || isFull) return exported;
  }
}

async function readOnce(
  { directory, historyOf, subjectOf }: PrivacyDeps,
  { tenant, person }: ExportRequest,
  exported: PersonExport,
): Promise<void> {
  for (const held of toLetterStores(directory, await historyOf(tenant))) {
    for await (const letter of eachDeadLetter(held, tenant, toHint(person))) {
      if (speaksOf(letter.payload, person)) exported.deadLetters.push(letter);
    }
  }
  const subject = subjectOf(tenant, person);
  exported.audit = subject === null ? [] : await listAuditOf(directory, tenant, subject);
  if (person.kind === 'user') exported.user = await findUserRecord(directory, tenant, person.user);
}

function speaksOf(payload: string, person: Person): boolean {
  return person.kind === 'user'
    ? payload.includes(JSON.stringify(person.user))
    : mentionsNumber(payload, person.number);
}
