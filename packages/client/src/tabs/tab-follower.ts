import { isOver } from '../connection/link-status.ts';
import { Replies } from '../connection/replies.ts';
import type { LineHandlers } from '../line.ts';
import type { ServerClock } from '../server-clock.ts';
import type { ClientCommands, ClientOp, ResumePoint, Standing } from '../wire.ts';
import type { TabMessage } from './tab-messages.ts';
import type { TabSelf } from './tab-self.ts';

export interface TabFollowerOptions extends Pick<LineHandlers, 'onEvent'> {
  self: TabSelf;
  clock: ServerClock;
  /** The connection has ended for good, for all tabs. */
  onOver(): void;
}

/** A tab that hears the gateway through another one: it knows where it stands in the inbox, and asks for what it missed. */
export class TabFollower {
  readonly #options: TabFollowerOptions;
  readonly #asked = new Replies();
  /** The leader that is believed, by the time its lead began. */
  #leader: { tab: string; term: number; connection: number } | null = null;
  #catchingUp = false;

  constructor(options: TabFollowerOptions) {
    this.#options = options;
  }

  /** When the lead began that is believed. */
  get term(): number {
    return this.#leader?.term ?? 0;
  }

  /** Follows nobody any more. */
  forget(): void {
    this.#leader = null;
    this.#catchingUp = false;
    this.#asked.loseAll();
  }

  /** Whether what this leader says counts: of two, that of the later one. */
  believe(tab: string, term: number): boolean {
    const known = this.#leader;
    if (known?.tab === tab && known.term === term) return true;
    if (known !== null && known.tab !== tab && known.term >= term) return false;
    this.#asked.loseAll();
    this.#leader = { tab, term, connection: 0 };
    return true;
  }

  async ask(op: ClientOp, data: ClientCommands[ClientOp]): Promise<unknown> {
    const { self } = this.#options;
    const to = this.#leader?.tab ?? '';
    const answer = await this.#asked.ask(op, (id) => self.post({ t: 'ask', to, id, op, data }));
    if (op === 'sync') self.state.replace(answer as Standing);
    return answer;
  }

  hearAnswer({ frame }: Extract<TabMessage, { t: 'answer' }>): void {
    this.#asked.settle(frame);
  }

  /** What a leader that is believed says of itself and its connection. */
  hearLead(lead: Extract<TabMessage, { t: 'lead' }>): void {
    const { from, term, connection, status, fronts } = lead;
    const { self, clock, onOver } = this.#options;
    clock.adopt(lead.clockOffsetMs);
    self.claimer = lead.claimer;
    self.setFronts(fronts);
    const isNew = this.#leader?.connection !== connection;
    if (isNew) this.#asked.loseAll();
    this.#leader = { tab: from, term, connection };
    const hasBegun = self.state.position.point !== null;
    if (status.state === 'connected' && !hasBegun) return this.#askToCatchUp();
    if (isNew && status.state === 'connected' && self.status.state === 'connected') {
      // It went and came between two words: what was asked of the former connection has no answer.
      self.setStatus({ state: 'connecting', reason: null });
    }
    self.setStatus(status);
    if (isOver(status)) return onOver();
    // It missed the words of a leader: nothing more may happen that would show the gap.
    if (status.state === 'connected' && lead.point !== null && this.#isBehind(lead.point))
      this.#askToCatchUp();
    return undefined;
  }

  /** What a leader that is believed passes on. */
  hearEvent({ event, epoch, prev, fronts }: Extract<TabMessage, { t: 'event' }>): void {
    const { self, onEvent } = this.#options;
    self.setFronts(fronts);
    const begins = (event.op === 'ready' && event.data.resume.status !== 'resumed') || event.op === 'resync';
    const isGap = event.seq !== undefined && this.#isBehind({ epoch, seq: prev });
    if (!begins && (isGap || self.state.position.point === null)) return this.#askToCatchUp();
    return onEvent(event);
  }

  catchUp({ events, state: snapshot, fronts }: Extract<TabMessage, { t: 'catchUp' }>): void {
    const { self, onEvent } = this.#options;
    this.#catchingUp = false;
    self.setFronts(fronts);
    const { point } = self.state.position;
    // What was asked for may have come by itself meanwhile.
    const knows =
      snapshot !== null && point?.epoch === snapshot.resume.epoch && point.seq >= snapshot.resume.seq;
    if (snapshot !== null && !knows) self.state.restore(snapshot);
    for (const { event } of events ?? []) onEvent(event);
  }

  /** What was asked for may never come: the next gap asks again. */
  askAgain(): void {
    this.#catchingUp = false;
  }

  /** Whether this tab has not heard all up to here. */
  #isBehind({ epoch, seq }: ResumePoint): boolean {
    const { point } = this.#options.self.state.position;
    return point?.epoch !== epoch || point.seq < seq;
  }

  #askToCatchUp(): void {
    if (this.#catchingUp) return;
    this.#catchingUp = true;
    this.#options.self.sayHere(true);
  }
}
