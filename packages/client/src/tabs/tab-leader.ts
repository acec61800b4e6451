import type { LineLinkDeps } from '../alone-line.ts';
import { Link } from '../connection/link.ts';
import { isOver, type LinkStatus } from '../connection/link-status.ts';
import type { LineHandlers } from '../line.ts';
import type { RamalError } from '../ramal-error.ts';
import type { AckFrame, ClientCommands, ClientOp, ErrorFrame, ResumePoint, ServerEvent } from '../wire.ts';
import type { TabMessage } from './tab-messages.ts';
import type { TabRoster } from './tab-roster.ts';
import type { TabSelf } from './tab-self.ts';
import { TakeOver } from './take-over.ts';

export interface TabLeaderOptions extends Pick<LineHandlers, 'onEvent'> {
  self: TabSelf;
  roster: TabRoster;
  link: LineLinkDeps;
  /** The connection has ended for good, for all tabs. */
  onOver(): void;
}

/** The tab that holds the connection: it passes on all that comes, and hands on what the others ask. */
export class TabLeader {
  readonly #options: TabLeaderOptions;
  readonly #link: Link;
  readonly #takeOver: TakeOver;
  leads = false;
  /** When its lead began, epoch ms, later than that of any other tab. */
  term = 0;
  /** Counts connections: what was asked of an older one has no answer. */
  #connection = 0;
  /** The seq that the next event follows, of this connection; null before there was one. */
  #passedSeq: number | null = null;

  constructor(options: TabLeaderOptions) {
    const { self, roster, link } = options;
    this.#options = options;
    this.#takeOver = new TakeOver(self.state);
    this.#link = new Link({
      ...link,
      resumeAt: () => this.#takeOver.resumeAt,
      manners: () => ({ tab: self.claimer, focused: roster.focused }),
      onEvent: (event) => this.#pass(event),
      onStanding: (standing) => {
        // What it holds is not told as events any more: this tab takes it too, and the others notice what they miss.
        self.state.replace(standing);
        this.#passedSeq = standing.resume.seq;
      },
      onStatus: (status) => this.#linkChanged(status),
    });
  }

  /** Takes the lead after one of `term`, and asks the others how far they have heard; `connect` follows. */
  lead(term: number): void {
    const { self, roster } = this.#options;
    this.leads = true;
    this.term = Math.max(Date.now(), term + 1);
    roster.inherit(self.fronts);
    this.#noteSelf();
    this.#takeOver.begin();
    this.#passedSeq = null;
    self.post({ t: 'who', term: this.term, wantsState: self.state.position.point === null });
    this.#linkChanged({ state: 'connecting', reason: self.status.reason });
  }

  connect(): void {
    this.#link.start();
  }

  resign(): void {
    this.leads = false;
    this.#options.roster.clear();
    this.#link.stop('lost');
  }

  hurry(): void {
    this.#link.hurry();
  }

  /** Somebody looks at this tab now, or does not any more. */
  setFocused(): void {
    this.#noteSelf();
    this.#tellFocus();
  }

  request(op: ClientOp, data: ClientCommands[ClientOp]): Promise<unknown> {
    return this.#link.request(op, data);
  }

  hearHere({ from, point, state, asks, ...seen }: Extract<TabMessage, { t: 'here' }>): void {
    const { self, roster } = this.#options;
    roster.note(from, seen);
    const isConnected = this.#link.status.state === 'connected';
    if (!isConnected) this.#takeOver.hear(point, state);
    if (!asks) return;
    const events = point === null ? null : self.state.position.since(point);
    // Until it is connected again it may still go on from where that tab stands, and nothing is lost.
    const waits = point !== null && !isConnected;
    const snapshot = events === null && !waits ? self.state.snapshot() : null;
    if (events !== null || snapshot !== null)
      self.post({ t: 'catchUp', to: from, events, state: snapshot, fronts: roster.fronts });
    this.sayLead();
  }

  hearFocus({ from, ...seen }: Extract<TabMessage, { t: 'focus' }>): void {
    this.#options.roster.note(from, seen);
    if (seen.focused) this.#tellFocus();
  }

  /** Another tab asks whether anybody leads. */
  hearPoke(): void {
    this.#link.check();
    this.sayLead();
  }

  hearAsk({ from, id, op, data }: Extract<TabMessage, { t: 'ask' }>): void {
    const answer = (frame: AckFrame | ErrorFrame) =>
      this.#options.self.post({ t: 'answer', to: from, frame });
    this.request(op, data).then(
      (acked) => answer({ op: 'ack', replyTo: id, data: acked }),
      ({ code, message, retryable }: RamalError) =>
        answer({ op: 'error', replyTo: id, data: { code, message, retryable } }),
    );
  }

  sayLead(): void {
    const { self, roster, link } = this.#options;
    self.post({
      t: 'lead',
      term: this.term,
      connection: this.#connection,
      status: self.status,
      point: this.#passedPoint,
      clockOffsetMs: link.clock.offsetMs,
      fronts: roster.fronts,
      claimer: self.claimer,
    });
  }

  get #passedPoint(): ResumePoint | null {
    const { point } = this.#options.self.state.position;
    return point === null || this.#passedSeq === null ? null : { epoch: point.epoch, seq: this.#passedSeq };
  }

  /** Does what the gateway says, and passes it on. */
  #pass(event: ServerEvent): void {
    const { self, roster, onEvent } = this.#options;
    if (!this.leads) return;
    if (event.op === 'ready') this.#takeOver.end();
    if (event.op === 'ready' || event.op === 'resync') this.#passedSeq = event.data.resume.seq;
    const prev = this.#passedSeq ?? 0;
    if (event.seq !== undefined) this.#passedSeq = event.seq;
    this.#assignFronts(event);
    // This tab may have heard it before, when another one had not.
    onEvent(event);
    const epoch = self.state.position.point?.epoch ?? '';
    self.post({ t: 'event', term: this.term, event, epoch, prev, fronts: roster.fronts });
  }

  #assignFronts({ op, data, claimed }: ServerEvent): void {
    const { self, roster } = this.#options;
    if (op === 'ready' || op === 'resync') roster.assign(data.claimed ?? data.popups.map(toId));
    else if (op === 'popup.show' && claimed !== false) roster.assign([data.popupId]);
    else if (op === 'popup.claim' && data.claimed) roster.assign([data.popupId]);
    else return;
    self.setFronts(roster.fronts);
  }

  #linkChanged(status: LinkStatus): void {
    if (!this.leads) return;
    if (status.state === 'connected') this.#connection += 1;
    this.#options.self.setStatus(status);
    this.sayLead();
    if (isOver(status)) this.#options.onOver();
  }

  #noteSelf(): void {
    const { self, roster } = this.#options;
    roster.note(self.tab, self.seen, true);
  }

  /** One of the tabs is looked at: the next pop-up is this browser's. */
  #tellFocus(): void {
    if (this.#options.roster.focused) this.request('focus', undefined).catch(() => undefined);
  }
}

const toId = ({ popupId }: { popupId: string }) => popupId;
