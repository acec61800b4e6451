import type { LiveErasure, LivePersons, StreamErasure } from '@ramal/bus';
import {
  erasePerson,
  findPerson,
  mentionsNumber,
  type Person,
  reduceCall,
  withoutNumber,
} from '@ramal/calls';
import { ERASED } from '@ramal/contracts';
import {
  appendAudit,
  deleteInactiveUser,
  eachDeadLetter,
  eraseStoredCall,
  findUserRecord,
  forgetAuditPerson,
  type FoundCall,
  replaceDeadLetter,
  type SearchPlace,
  type Store,
} from '@ramal/store';
import { searchPerson, toHint, toLetterStores } from './person-search.ts';
import type { SubjectOf } from './subject-hash.ts';

export interface PrivacyDeps {
  /** The directory: users and the audit log. */
  directory: Store;
  /** Where a tenant's calls are stored (R42). */
  historyOf(tenant: string): Promise<Store>;
  live: LivePersons;
  subjectOf: SubjectOf;
}

export interface ErasureRequest {
  tenant: string;
  person: Person;
  /** Who asks for it, as the audit log names them. */
  actor: string;
  /** Counts and changes nothing. */
  dryRun?: boolean;
  /** Goes on behind this call. */
  after?: SearchPlace | null;
  /** Stops between two pages of calls after so long, in ms; default never. */
  budgetMs?: number;
  /** Calls that are looked at in one step; default 500. */
  pageSize?: number;
  /** How long events on their way to PostgreSQL are waited for, in ms; default 5000. */
  patienceMs?: number;
  onProgress?(report: ErasureReport): void;
}

/** What an erasure did, or in a dry run would do. */
export interface ErasureReport {
  /** `partial`: time ran out, or something still goes on or waits: ask again. */
  status: 'done' | 'partial';
  /** Where to go on; null once all calls were looked at. */
  next: SearchPlace | null;
  /** Calls that were looked at, and those the person was erased from. */
  looked: number;
  calls: number;
  deadLetters: number;
  live: LiveErasure;
  stream: StreamErasure;
  /** The user's entry in the directory was removed. */
  userRemoved: boolean;
  /** Links to recordings that were removed, at most 1000: the files themselves lie at the telephone system. */
  recordings: string[];
  /** How the audit log names the person; null for a number where there is no master key. */
  subject: string | null;
}

/** A user who is still active is no one to forget: the next call would bring them back. `code` is stable. */
export class UserActiveError extends Error {
  readonly code = 'user_active';
  override readonly name = 'UserActiveError';
}

const PATIENCE_MS = 5_000;
const LOOK_EVERY_MS = 100;
const MOST_RECORDINGS = 1_000;

/**
 * Erases a person of one tenant from everything that is held (LGPD, art. 18): what is alive, what is stored, what could
 * not be stored. Calls stay, to be counted, without the person. Any number of times with the same result, and it may stop
 * anywhere and be asked for again.
 * @throws UserActiveError
 */
export async function erasePersonalData(deps: PrivacyDeps, request: ErasureRequest): Promise<ErasureReport> {
  const { directory, live, subjectOf } = deps;
  const { tenant, person, dryRun = false, budgetMs = Infinity, onProgress = () => undefined } = request;
  const startedMs = performance.now();
  if (person.kind === 'user' && (await findUserRecord(directory, tenant, person.user))?.active === true) {
    throw new UserActiveError('this user is active: switch the user off first');
  }
  const store = await deps.historyOf(tenant);
  const report: ErasureReport = {
    status: 'partial',
    next: request.after ?? null,
    looked: 0,
    calls: 0,
    deadLetters: 0,
    // What is alive first: from now on nothing new of the person is written about calls that are over.
    live: await live.erase(tenant, person, { dryRun }),
    stream: await waitForStream(deps, request),
    userRemoved: false,
    recordings: [],
    subject: subjectOf(tenant, person),
  };
  for (;;) {
    const page = await searchPerson(store, tenant, person, report.next, request.pageSize);
    report.looked += page.looked;
    for (const call of page.calls) await eraseCall(store, request, call, report);
    report.next = page.next;
    onProgress(report);
    if (page.next === null || performance.now() - startedMs > budgetMs) break;
  }
  if (report.next === null) await eraseRest(deps, store, request, report);
  const isOver = report.next === null && report.live.open === 0 && report.stream.waiting === 0;
  report.status = isOver ? 'done' : 'partial';
  if (!dryRun) await writeDown(deps, request, report);
  return report;
}

/** Events on their way are stored first: what is erased is what PostgreSQL holds. */
async function waitForStream({ live }: PrivacyDeps, request: ErasureRequest): Promise<StreamErasure> {
  const { tenant, person, dryRun = false, patienceMs = PATIENCE_MS } = request;
  const untilMs = performance.now() + (dryRun ? 0 : patienceMs);
  for (;;) {
    const stream = await live.eraseStored(tenant, person, { dryRun: true });
    if (stream.waiting === 0 || performance.now() >= untilMs) return stream;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

async function eraseCall(
  store: Store,
  { tenant, person, dryRun = false }: ErasureRequest,
  { callId, events }: FoundCall,
  report: ErasureReport,
): Promise<void> {
  const parts = findPerson(events, person);
  const kept = new Set(erasePerson(events, person).flatMap(toRecording));
  const links = events.flatMap(toRecording).filter((link) => !kept.has(link));
  for (const link of new Set(links))
    if (report.recordings.length < MOST_RECORDINGS) report.recordings.push(link);
  report.calls += 1;
  if (dryRun) return;
  await eraseStoredCall(
    store,
    tenant,
    callId,
    {
      events: (stored) => erasePerson(stored, person),
      traceData: (data) => withoutPerson(data, person) as Record<string, unknown>,
      farEnd: parts.has('far_end'),
      user: parts.has('user'),
    },
    reduceCall,
  );
}

function toRecording(event: object): string[] {
  return 'recording' in event && typeof event.recording === 'string' ? [event.recording] : [];
}

/** What hangs on no call: dead letters, the user's entry, what PostgreSQL has of the stream. */
async function eraseRest(
  { directory, live }: PrivacyDeps,
  store: Store,
  { tenant, person, dryRun = false }: ErasureRequest,
  report: ErasureReport,
): Promise<void> {
  for (const held of toLetterStores(directory, store)) {
    for await (const letter of eachDeadLetter(held, tenant, toHint(person))) {
      const payload =
        person.kind === 'user'
          ? letter.payload.replaceAll(JSON.stringify(person.user), JSON.stringify(ERASED))
          : withoutNumber(letter.payload, person.number);
      if (payload === letter.payload) continue;
      report.deadLetters += 1;
      if (!dryRun) await replaceDeadLetter(held, tenant, { id: letter.id, payload });
    }
  }
  report.stream = await live.eraseStored(tenant, person, { dryRun });
  if (person.kind !== 'user') return;
  report.userRemoved = dryRun
    ? (await findUserRecord(directory, tenant, person.user)) !== null
    : await deleteInactiveUser(directory, tenant, person.user);
}

async function writeDown(
  { directory }: PrivacyDeps,
  request: ErasureRequest,
  report: ErasureReport,
): Promise<void> {
  const { tenant, person, actor } = request;
  const { status, looked, calls, deadLetters, live, stream, subject } = report;
  await directory.withTransaction(async (transaction) => {
    await appendAudit(transaction, {
      tenant,
      actor,
      action: 'person.erased',
      subject,
      detail: { kind: person.kind, status, looked, calls, deadLetters, live, stream },
    });
    // The entry above included: it is about a user whom nobody can name any more.
    if (person.kind === 'user' && report.next === null)
      await forgetAuditPerson(transaction, tenant, person.user);
  });
}

/** A value without the person: fields that name the user, texts that hold the number. */
function withoutPerson(value: unknown, person: Person, field = ''): unknown {
  if (typeof value === 'string') {
    const isTheirs =
      person.kind === 'user'
        ? field === 'user' && value === person.user
        : mentionsNumber(value, person.number);
    return isTheirs ? ERASED : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, held]) => [name, withoutPerson(held, person, name)]),
  );
}
