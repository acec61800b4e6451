import {
  type AgentInbox,
  type ClaimPassed,
  type FeedEntry,
  type FeedMessage,
  type InboxPage,
  NO_TRACES,
} from '@ramal/bus';
import type { AgentIdentity, CallView, CtiStatus, Popup } from '@ramal/contracts';
import { isSwitchedOff, type VerifiedAgent } from '@ramal/runtime';
import type { Events } from './events.ts';
import { createPopupTraces, type PopupTraces } from './popup-traces.ts';
import type { AgentSocket } from './uws-server.ts';

type ResumeStatus = 'fresh' | 'resumed' | 'lost';

export interface ResumePoint {
  epoch: string;
  seq: number;
}

const CATCH_UP_AGAIN_MS = 500;

/** What an agent is told on `ready` and on `sync`. */
export interface SessionState {
  calls: CallView[];
  popups: Popup[];
  /** Which of `popups` this socket brings to the front. */
  claimed: string[];
  resume: ResumePoint & { status: ResumeStatus };
}

/**
 * One socket's place in its agent's inbox. Live entries are a hint: whatever they skip is read from the
 * inbox, so that the socket gets each event once and in order (I5).
 */
export class AgentSession {
  readonly identity: AgentIdentity;
  readonly socket: AgentSocket;
  /** What the agent's claims on pop-ups call it; '' for a socket that claims none. */
  readonly name: string;
  /** What the client was last told of its tenant's CTI. */
  cti: CtiStatus | null = null;
  /** What let the agent in; another one after `auth.refresh`. Null: nobody asked. */
  agent: VerifiedAgent | null = null;
  readonly #inbox: AgentInbox;
  readonly #events: Events;
  readonly #traces: PopupTraces;
  #epoch = '';
  #seq = 0;
  /** Claims as of this moment are told: Redis time, epoch ms. */
  #claimsAtMs = 0;
  /** What the feed brings waits here while the inbox is being read; null when the session is live. */
  #held: FeedMessage[] | null = [];
  /** Reads follow one another: two at once would each think they are the last word. */
  #reading: Promise<unknown> = Promise.resolve();
  /** The inbox may be older than what was sent, and seqs given out a second time. */
  #rolledBack = false;
  /** A read that has yet to begin, and so is not too early for anything. */
  #catchingUp: Promise<void> | null = null;

  constructor(
    identity: AgentIdentity,
    socket: AgentSocket,
    inbox: AgentInbox,
    events: Events,
    name = '',
    recorder = NO_TRACES,
  ) {
    this.identity = identity;
    this.socket = socket;
    this.name = name;
    this.#inbox = inbox;
    this.#events = events;
    this.#traces = createPopupTraces(recorder, identity, socket.id, name);
  }

  /**
   * Finds out where the client stands; the caller is subscribed already, so that nothing falls between.
   * `announce` sends what the client must hear before the first event.
   */
  begin(resume: ResumePoint | null, announce: (state: SessionState) => void): Promise<SessionState> {
    return this.#exclusively(async () => {
      const askedAt = performance.now();
      const page = await this.#read(resume?.seq ?? null);
      const calls = await this.#openCalls();
      const status = toStatus(resume, page);
      const entries = status === 'resumed' ? withoutDeadPopups(page) : [];
      const popups = stillStanding(withoutReplayed(page.popups, entries), page.nowMs, askedAt);
      const state: SessionState = {
        calls,
        popups,
        claimed: this.#claimedOf(page, popups),
        resume: { epoch: page.epoch, seq: status === 'resumed' ? (resume?.seq ?? 0) : page.seq, status },
      };
      announce(state);
      this.#traces.standing(popups, page.claims);
      if (status === 'resumed') this.#traces.leftOut(page);
      this.#epoch = page.epoch;
      for (const entry of entries) this.#send(entry);
      this.#seq = page.seq;
      this.#claimsAtMs = page.nowMs;
      return state;
    });
  }

  /** What the feed brings, live; what came together leaves together. */
  receive(messages: readonly FeedMessage[]): void {
    if (this.#held !== null) this.#held.push(...messages);
    else this.socket.together(() => messages.forEach((message) => this.#receiveOne(message)));
  }

  #receiveOne(message: FeedMessage): void {
    if ('popupId' in message) this.#receiveClaim(message);
    else this.#receiveEntry(message);
  }

  #receiveEntry(entry: FeedEntry): void {
    if (entry.epoch === this.#epoch && entry.seq <= this.#seq) return;
    if (entry.epoch === this.#epoch && entry.seq === this.#seq + 1) {
      this.#send(entry);
      this.#seq = entry.seq;
      return;
    }
    void this.catchUp();
  }

  /**
   * Another Redis answers, which may lack the last entries that were sent here: their seqs will be given to others, which would be
   * taken for known. Whatever the next catching up finds, the client is told all that stands (I5).
   */
  distrust(): void {
    this.#rolledBack = true;
  }

  /**
   * Reads from the inbox what the feed did not bring; tells the client all that stands if that is gone too.
   * Resolves once that is done, or has failed: then it is tried again in a moment.
   */
  catchUp(): Promise<void> {
    if (this.socket.closed) return Promise.resolve();
    this.#catchingUp ??= this.#exclusively(async () => {
      this.#catchingUp = null;
      const tellAll = this.#rolledBack;
      this.#rolledBack = false;
      await this.#reread(tellAll).catch((error: unknown) => {
        this.#rolledBack ||= tellAll;
        throw error;
      });
    }).catch((error: unknown) => {
      this.#events.backgroundFailed('inbox', error);
      setTimeout(() => void this.catchUp(), CATCH_UP_AGAIN_MS);
    });
    return this.#catchingUp;
  }

  /** Holds live entries back while the inbox is read, and lets them go in order afterwards, also after a failure. */
  #exclusively<Result>(read: () => Promise<Result>): Promise<Result> {
    const reading = this.#reading.then(async () => {
      this.#held ??= [];
      try {
        return await read();
      } finally {
        this.#goLive();
      }
    });
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  async #reread(tellAll: boolean): Promise<void> {
    // Not begun yet: the beginning reads later than this, or there is none.
    if (this.#epoch === '') return;
    const page = await this.#read(this.#seq);
    if (page.epoch !== this.#epoch || !page.complete) return this.#resync(page);
    const entries = withoutDeadPopups(page);
    this.#traces.leftOut(page);
    for (const entry of entries) this.#send(entry);
    this.#seq = page.seq;
    this.#claimsAtMs = page.nowMs;
    // That one of these passed on may be among what was lost.
    const mine = new Set(this.#claimedOf(page, page.popups));
    for (const { popupId } of withoutReplayed(page.popups, entries))
      this.#tellClaim(popupId, mine.has(popupId));
    if (tellAll) await this.#resync(page);
    if (entries.length > 0) this.#events.gapHealed({ ...this.#who(), entries: entries.length });
  }

  async #resync(page: InboxPage): Promise<void> {
    const resume = { epoch: page.epoch, seq: page.seq, status: 'lost' };
    const readAt = performance.now();
    const calls = await this.#openCalls();
    const popups = stillStanding(page.popups, page.nowMs, readAt);
    const data = { calls, popups, claimed: this.#claimedOf(page, popups), resume };
    this.socket.send(JSON.stringify({ op: 'resync', ts: Date.now(), data }));
    this.#traces.standing(popups, page.claims);
    this.#epoch = page.epoch;
    this.#seq = page.seq;
    this.#claimsAtMs = page.nowMs;
  }

  #goLive(): void {
    const held = this.#held ?? [];
    // Not begun yet: nothing may be sent, and the beginning will read what was held.
    this.#held = this.#epoch === '' ? [] : null;
    if (this.#held === null) this.receive(held);
  }

  #send({ seq, body, claim, shows }: ReplayedEntry): void {
    const claimed = claim === undefined ? '' : `"claimed":${claim !== '' && claim === this.name},`;
    // The stored body begins with `{"op":`; what is this socket's own is laid in front of it.
    this.socket.send(`{"seq":${seq},${claimed}${body.slice(1)}`);
    this.#events.delivered(1);
    if (!this.socket.closed) this.#traces.written(body, claim, shows !== undefined);
  }

  #receiveClaim({ popupId, to, from, atMs }: ClaimPassed): void {
    // What was read since knows better.
    if (atMs < this.#claimsAtMs || this.name === '') return;
    if (to === this.name) this.#tellClaim(popupId, true);
    else if (from === this.name) this.#tellClaim(popupId, false);
  }

  #tellClaim(popupId: string, claimed: boolean): void {
    this.socket.send(JSON.stringify({ op: 'popup.claim', ts: Date.now(), data: { popupId, claimed } }));
  }

  #claimedOf({ claims }: InboxPage, popups: readonly Popup[]): string[] {
    if (this.name === '') return [];
    return popups.flatMap(({ popupId }) => (claims.get(popupId) === this.name ? [popupId] : []));
  }

  #read(sinceSeq: number | null): Promise<InboxPage> {
    return this.#inbox.read(this.identity.tenant, this.identity.user, sinceSeq);
  }

  async #openCalls(): Promise<CallView[]> {
    const { tenant, user, ramal } = this.identity;
    return ramal === null ? [] : this.#inbox.openCalls(tenant, user, ramal);
  }

  #who(): { tenant: string; user: string } {
    return { tenant: this.identity.tenant, user: this.identity.user };
  }
}

/** Some may have run out while the answer, or the rest, was waited for. */
function stillStanding(popups: readonly Popup[], nowMs: number, askedAt: number): Popup[] {
  const now = nowMs + (performance.now() - askedAt);
  return popups.filter(({ expiresAt }) => expiresAt > now);
}

function toStatus(resume: ResumePoint | null, page: InboxPage): ResumeStatus {
  if (resume === null || isSwitchedOff('gateway.resume')) return 'fresh';
  return resume.epoch === page.epoch && page.complete ? 'resumed' : 'lost';
}

interface ReplayedEntry extends Omit<FeedEntry, 'epoch'> {
  /** The pop-up it shows. */
  shows?: string;
}

/**
 * Entries to replay: a pop-up that is hidden, dismissed or expired by now is not shown again, and one that is shown
 * is whose it is by now.
 */
function withoutDeadPopups(page: InboxPage): ReplayedEntry[] {
  const live = new Set(page.popups.map(({ popupId }) => popupId));
  return page.entries.flatMap((entry) => {
    const { op, data } = JSON.parse(entry.body) as { op: string; data: { popupId?: string } };
    const popupId = data.popupId ?? '';
    if ((op === 'popup.show' || op === 'popup.update') && !live.has(popupId)) return [];
    return [
      op === 'popup.show' ? { ...entry, shows: popupId, claim: page.claims.get(popupId) ?? '' } : entry,
    ];
  });
}

/** What a replayed entry shows is not told a second time. */
function withoutReplayed(popups: readonly Popup[], entries: readonly ReplayedEntry[]): Popup[] {
  const replayed = new Set(entries.map(({ shows }) => shows));
  return popups.filter(({ popupId }) => !replayed.has(popupId));
}
