import type { AgentInbox, FeedEntry, InboxEntry, InboxPage } from '@ramal/bus';
import type { AgentIdentity, CallView, CtiStatus, Popup } from '@ramal/contracts';
import type { Events } from './events.ts';
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
  resume: ResumePoint & { status: ResumeStatus };
}

/**
 * One socket's place in its agent's inbox. Live entries are a hint: whatever they skip is read from the
 * inbox, so that the socket gets each event once and in order (I5).
 */
export class AgentSession {
  readonly identity: AgentIdentity;
  readonly socket: AgentSocket;
  /** What the client was last told of its tenant's CTI. */
  cti: CtiStatus | null = null;
  readonly #inbox: AgentInbox;
  readonly #events: Events;
  #epoch = '';
  #seq = 0;
  /** Entries wait here while the inbox is being read; null when the session is live. */
  #held: FeedEntry[] | null = [];
  /** Reads follow one another: two at once would each think they are the last word. */
  #reading: Promise<unknown> = Promise.resolve();
  #catchUpDue = false;

  constructor(identity: AgentIdentity, socket: AgentSocket, inbox: AgentInbox, events: Events) {
    this.identity = identity;
    this.socket = socket;
    this.#inbox = inbox;
    this.#events = events;
  }

  /**
   * Finds out where the client stands; the caller is subscribed already, so that nothing falls between.
   * `announce` sends what the client must hear before the first event.
   */
  begin(resume: ResumePoint | null, announce: (state: SessionState) => void): Promise<SessionState> {
    return this.#exclusively(async () => {
      const page = await this.#read(resume?.seq ?? null);
      const status = toStatus(resume, page);
      const entries = status === 'resumed' ? withoutDeadPopups(page) : [];
      const replayed = new Set(entries.flatMap((entry) => entry.shows ?? []));
      const state: SessionState = {
        calls: await this.#openCalls(),
        popups: page.popups.filter((popup) => !replayed.has(popup.popupId)),
        resume: { epoch: page.epoch, seq: status === 'resumed' ? (resume?.seq ?? 0) : page.seq, status },
      };
      announce(state);
      this.#epoch = page.epoch;
      for (const entry of entries) this.#send(entry);
      this.#seq = page.seq;
      return state;
    });
  }

  /** A live entry from the feed. */
  receive(entry: FeedEntry): void {
    if (this.#held !== null) {
      this.#held.push(entry);
      return;
    }
    if (entry.epoch === this.#epoch && entry.seq <= this.#seq) return;
    if (entry.epoch === this.#epoch && entry.seq === this.#seq + 1) {
      this.#send(entry);
      this.#seq = entry.seq;
      return;
    }
    this.catchUp();
  }

  /** Reads from the inbox what the feed did not bring; tells the client all that stands if that is gone too. */
  catchUp(): void {
    // A read that is under way may be too early already; one that has yet to begin is not.
    if (this.#catchUpDue || this.socket.closed) return;
    this.#catchUpDue = true;
    this.#exclusively(() => {
      this.#catchUpDue = false;
      return this.#reread();
    }).catch((error: unknown) => {
      this.#events.backgroundFailed('inbox', error);
      setTimeout(() => this.catchUp(), CATCH_UP_AGAIN_MS);
    });
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

  async #reread(): Promise<void> {
    // Not begun yet: the beginning reads later than this, or there is none.
    if (this.#epoch === '') return;
    const page = await this.#read(this.#seq);
    if (page.epoch !== this.#epoch || !page.complete) return this.#resync(page);
    const entries = withoutDeadPopups(page);
    for (const entry of entries) this.#send(entry);
    this.#seq = page.seq;
    if (entries.length > 0) this.#events.gapHealed({ ...this.#who(), entries: entries.length });
  }

  async #resync(page: InboxPage): Promise<void> {
    const resume = { epoch: page.epoch, seq: page.seq, status: 'lost' };
    const data = { calls: await this.#openCalls(), popups: page.popups, resume };
    this.socket.send(JSON.stringify({ op: 'resync', ts: Date.now(), data }));
    this.#epoch = page.epoch;
    this.#seq = page.seq;
  }

  #goLive(): void {
    const held = this.#held ?? [];
    // Not begun yet: nothing may be sent, and the beginning will read what was held.
    this.#held = this.#epoch === '' ? [] : null;
    if (this.#held === null) for (const entry of held) this.receive(entry);
  }

  #send(entry: InboxEntry): void {
    // The stored body begins with `{"op":`; the seq is laid in front of it.
    this.socket.send(`{"seq":${entry.seq},${entry.body.slice(1)}`);
    this.#events.delivered(1);
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

function toStatus(resume: ResumePoint | null, page: InboxPage): ResumeStatus {
  if (resume === null) return 'fresh';
  return resume.epoch === page.epoch && page.complete ? 'resumed' : 'lost';
}

/** Entries to replay: a pop-up that is hidden, dismissed or expired by now is not shown again. */
function withoutDeadPopups(page: InboxPage): (InboxEntry & { shows?: string })[] {
  const live = new Set(page.popups.map(({ popupId }) => popupId));
  return page.entries.flatMap((entry) => {
    const { op, data } = JSON.parse(entry.body) as { op: string; data: { popupId?: string } };
    const popupId = data.popupId ?? '';
    if ((op === 'popup.show' || op === 'popup.update') && !live.has(popupId)) return [];
    return [op === 'popup.show' ? { ...entry, shows: popupId } : entry];
  });
}
