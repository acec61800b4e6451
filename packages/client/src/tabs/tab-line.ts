import type { LineLinkDeps } from '../alone-line.ts';
import type { Alarms } from '../alarms.ts';
import { Link } from '../connection/link.ts';
import type { LinkStatus, StatusReason } from '../connection/link-status.ts';
import type { Line, LineHandlers, TabRole } from '../line.ts';
import type { RamalError } from '../ramal-error.ts';
import type { AgentState, StateSnapshot } from '../state/agent-state.ts';
import type { ClientCommands, ClientOp, ResumePoint, ServerEvent, Standing } from '../wire.ts';
import { FollowerRequests } from './follower-requests.ts';
import { createLeadership, type Leadership } from './leadership.ts';
import { type Fronts, TABS_VERSION, type TabMessage } from './tab-messages.ts';
import type { TabChannel, TabPlatform } from './tab-platform.ts';
import { TabRoster } from './tab-roster.ts';

type TabAlarm = 'gather' | 'poke';

export interface TabLineOptions extends LineHandlers {
  platform: TabPlatform;
  /** What tabs share that belong together: gateway and agent. */
  group: string;
  /** This tab's own name. */
  tab: string;
  focused: boolean;
  isVisible(): boolean;
  link: LineLinkDeps;
  state: AgentState;
  alarms: Alarms<TabAlarm>;
}

/** How long a new leader waits for the others to say how far they have heard, ms. */
const GATHER_MS = 100;
/** How often a tab that somebody looks at asks whether there is a leader, ms. */
const POKE_MS = 3_000;
/** So many times without an answer, and the lead is taken. */
const MOST_UNANSWERED = 3;
/** The inbox holds about 1000 events. */
const MOST_BEHIND = 200;

type Content<M = TabMessage> = M extends unknown ? Omit<M, 'from'> : never;

/**
 * One of several tabs of a browser that share one connection. The leader holds it and passes on all that comes; each tab
 * knows by itself where it stands in the inbox, so that whichever leads next goes on from there: nothing is missed,
 * nothing told twice (I5).
 */
export class TabLine implements Line {
  readonly #options: TabLineOptions;
  readonly #leadership: Leadership;
  readonly #roster: TabRoster;
  readonly #link: Link;
  readonly #asked = new FollowerRequests();
  #role: TabRole = 'follower';
  #status: LinkStatus = { state: 'disconnected', reason: 'not_started' };
  #channel: TabChannel | null = null;
  #letGoOfTab: () => void = () => undefined;
  /** The leader that is believed, by the time its lead began. */
  #leader: { tab: string; term: number; connection: number } | null = null;
  #term = 0;
  #connection = 0;
  #unanswered = 0;
  #fronts: Fronts = {};
  #focusedAt: number;
  #focused: boolean;
  #catchingUp = false;
  /** The least that any tab has heard, while the connection is being taken over. */
  #resumeAt: ResumePoint | null = null;
  /** The name that the gateway knows this browser's claims by goes from leader to leader. */
  #claimer: string;
  /** The seq that the next event follows, of this connection. */
  #passedSeq = 0;

  constructor(options: TabLineOptions) {
    const { platform, group, link, tab, focused } = options;
    this.#options = options;
    this.#focused = focused;
    this.#focusedAt = focused ? Date.now() : 0;
    this.#claimer = tab;
    this.#roster = new TabRoster(
      platform,
      (one) => this.#tabLock(one),
      () => this.#frontsChanged(),
    );
    this.#leadership = createLeadership(platform.locks, `ramal:${TABS_VERSION}:lead:${group}`, {
      onLead: () => this.#lead(),
      onLost: () => this.#followAgain(),
    });
    this.#link = new Link({
      ...link,
      resumeAt: () => this.#resumeAt ?? options.state.position.point,
      manners: () => ({ tab: this.#claimer, focused: this.#roster.focused }),
      onEvent: (event) => this.#pass(event),
      onStatus: (status) => this.#linkChanged(status),
    });
  }

  get status(): LinkStatus {
    return this.#status;
  }

  get role(): TabRole {
    return this.#role;
  }

  start(): void {
    if (this.#channel !== null) return this.hurry();
    const { platform, group } = this.#options;
    this.#setStatus({ state: 'connecting', reason: null });
    this.#channel = platform.openChannel(`ramal:${TABS_VERSION}:${group}`, (message) => this.#hear(message));
    const released = new Promise<void>((resolve) => {
      this.#letGoOfTab = resolve;
    });
    // Whoever has this lock lives; the others may only watch it from then on.
    void platform.locks.request(this.#tabLock(this.#options.tab), () => {
      if (this.#channel !== null) {
        this.#sayHere(true);
        this.#leadership.queue();
        this.#planPoke();
      }
      return released;
    });
  }

  stop(reason: StatusReason): void {
    this.#setStatus({ state: 'disconnected', reason });
    this.#leaveGroup();
  }

  hurry(): void {
    if (this.#role === 'leader') return this.#link.hurry();
    this.#options.alarms.check();
    if (this.#channel !== null) this.#sayHere(true);
  }

  setFocused(focused: boolean): void {
    this.#focused = focused;
    if (focused) this.#focusedAt = Date.now();
    if (this.#role === 'leader') this.#noteFocus(this.#options.tab);
    else this.#post({ t: 'focus', focusedAt: this.#focusedAt, focused });
  }

  send(op: ClientOp, data: ClientCommands[ClientOp]): Promise<unknown> {
    if (this.#role === 'leader') return this.#request(op, data);
    const to = this.#leader?.tab ?? '';
    return this.#asked.ask((id) => this.#post({ t: 'ask', to, id, op, data }));
  }

  // ---- both

  #hear(message: TabMessage): void {
    const { from } = message;
    switch (message.t) {
      case 'who':
        this.#believe(from, message.term);
        return this.#sayHere(false, message.wantsState);
      case 'lead':
        return this.#hearLead(message);
      case 'event':
        return this.#hearEvent(message);
      case 'catchUp':
        if (message.to === this.#options.tab) this.#catchUp(message);
        return undefined;
      case 'answer':
        if (message.to === this.#options.tab) this.#asked.settle(message);
        return undefined;
      case 'here':
        return this.#hearHere(message);
      case 'focus':
        if (this.#role !== 'leader') return undefined;
        this.#roster.note(from, message);
        return message.focused ? this.#noteFocus(from) : undefined;
      case 'poke':
        if (this.#role !== 'leader') return undefined;
        this.#link.check();
        return this.#sayLead();
      case 'ask':
        if (message.to === this.#options.tab) this.#serve(message);
        return undefined;
      case 'bye':
        if (this.#role === 'leader') this.#roster.remove(from);
        return undefined;
    }
  }

  #post(message: Content): void {
    this.#channel?.post({ ...message, from: this.#options.tab } as TabMessage);
  }

  #setStatus(status: LinkStatus): void {
    if (status.state === this.#status.state && status.reason === this.#status.reason) return;
    this.#status = status;
    this.#options.onStatus(status);
  }

  /** Applies fronts before what they are about. */
  #setFronts(fronts: Fronts): void {
    this.#fronts = fronts;
    this.#options.state.popups.setFronts(new Map(Object.entries(fronts)), this.#options.tab);
  }

  #leaveGroup(): void {
    this.#options.alarms.clear('gather', 'poke');
    this.#post({ t: 'bye' });
    this.#resign();
    this.#leadership.release();
    this.#letGoOfTab();
    this.#channel?.close();
    this.#channel = null;
    this.#leader = null;
    this.#asked.loseAll();
  }

  #tabLock(tab: string): string {
    return `ramal:${TABS_VERSION}:tab:${this.#options.group}:${tab}`;
  }

  // ---- the leader

  #lead(): void {
    const { state, alarms } = this.#options;
    this.#role = 'leader';
    this.#term = Math.max(Date.now(), (this.#leader?.term ?? 0) + 1);
    this.#leader = null;
    this.#asked.loseAll();
    this.#catchingUp = false;
    this.#roster.inherit(this.#fronts);
    this.#noteSelf();
    this.#resumeAt = state.position.point;
    this.#post({ t: 'who', term: this.#term, wantsState: state.position.point === null });
    this.#linkChanged({ state: 'connecting', reason: this.#status.reason });
    const begin = () => this.#link.start();
    alarms.set('gather', GATHER_MS, begin);
    // Nobody to wait for, as when the first tab opens.
    const term = this.#term;
    void this.#isOnlyTab().then((isOnly) => {
      if (!isOnly || this.#role !== 'leader' || this.#term !== term) return;
      alarms.clear('gather');
      begin();
    });
  }

  async #isOnlyTab(): Promise<boolean> {
    const { platform, tab } = this.#options;
    const { held = [] } = await platform.locks.query();
    return !held.some(({ name = '' }) => name.startsWith(this.#tabLock('')) && name !== this.#tabLock(tab));
  }

  /** Leads no more, and may follow. */
  #resign(): void {
    if (this.#role !== 'leader') return;
    this.#options.alarms.clear('gather');
    this.#role = 'follower';
    this.#roster.clear();
    this.#link.stop('lost');
  }

  /** Another tab took the lead, because this one was not heard of. */
  #followAgain(): void {
    this.#resign();
    this.#setStatus({ state: 'connecting', reason: null });
    this.#leadership.queue();
    this.#sayHere(true);
  }

  #hearHere({ from, point, state, asks, ...seen }: Extract<TabMessage, { t: 'here' }>): void {
    if (this.#role !== 'leader') return;
    this.#roster.note(from, seen);
    this.#gather(point, state);
    if (asks) {
      const own = this.#options.state;
      const events = point === null ? null : own.position.since(point);
      // Until it is connected again it may still go on from where that tab stands, and nothing is lost.
      const waits = point !== null && this.#link.status.state !== 'connected';
      const snapshot = events === null && !waits ? own.snapshot() : null;
      if (events !== null || snapshot !== null)
        this.#post({ t: 'catchUp', to: from, events, state: snapshot, fronts: this.#roster.fronts });
      this.#sayLead();
    }
  }

  /** Goes on from where the tab stands that has heard least. */
  #gather(point: ResumePoint | null, snapshot: StateSnapshot | null): void {
    const { state } = this.#options;
    if (this.#link.status.state === 'connected' || point === null) return;
    if (state.position.point === null && snapshot !== null) {
      state.restore(snapshot);
      this.#resumeAt = state.position.point;
    }
    const own = this.#resumeAt ?? state.position.point;
    const lagsBehind = own !== null && own.epoch === point.epoch && point.seq < own.seq;
    // One that is far behind catches up by what this tab knows; all would be lost if the inbox does not go back so far.
    if (lagsBehind && own.seq - point.seq < MOST_BEHIND) this.#resumeAt = point;
  }

  /** Does what the gateway says, and passes it on. */
  #pass(event: ServerEvent): void {
    const { state, onEvent } = this.#options;
    if (this.#role !== 'leader') return;
    if (event.op === 'ready') this.#resumeAt = null;
    if (event.op === 'ready' || event.op === 'resync') this.#passedSeq = event.data.resume.seq;
    const prev = this.#passedSeq;
    if (event.seq !== undefined) this.#passedSeq = event.seq;
    this.#assignFronts(event);
    // This tab may have heard it before, when another one had not.
    onEvent(event);
    const epoch = state.position.point?.epoch ?? '';
    this.#post({ t: 'event', term: this.#term, event, epoch, prev, fronts: this.#roster.fronts });
  }

  #assignFronts({ op, data, claimed }: ServerEvent): void {
    if (op === 'ready' || op === 'resync') this.#roster.assign(data.claimed ?? data.popups.map(toId));
    else if (op === 'popup.show' && claimed !== false) this.#roster.assign([data.popupId]);
    else if (op === 'popup.claim' && data.claimed) this.#roster.assign([data.popupId]);
    else return;
    this.#setFronts(this.#roster.fronts);
  }

  #frontsChanged(): void {
    if (this.#role !== 'leader') return;
    this.#setFronts(this.#roster.fronts);
    this.#sayLead();
  }

  #linkChanged(status: LinkStatus): void {
    if (this.#role !== 'leader') return;
    if (status.state === 'connected') this.#connection += 1;
    this.#setStatus(status);
    this.#sayLead();
    if (isOver(status)) this.#leaveGroup();
  }

  #sayLead(): void {
    this.#post({
      t: 'lead',
      term: this.#term,
      connection: this.#connection,
      status: this.#status,
      clockOffsetMs: this.#options.link.clock.offsetMs,
      fronts: this.#roster.fronts,
      claimer: this.#claimer,
    });
  }

  #noteSelf(): void {
    this.#roster.note(this.#options.tab, { focusedAt: this.#focusedAt, focused: this.#focused }, true);
  }

  /** One of the tabs is looked at: the next pop-up is this browser's. */
  #noteFocus(tab: string): void {
    if (tab === this.#options.tab) this.#noteSelf();
    if (this.#roster.focused) this.#link.request('focus', undefined).catch(() => undefined);
  }

  #serve({ from, id, op, data }: Extract<TabMessage, { t: 'ask' }>): void {
    const answer = (answered: unknown, error: RamalError | null) =>
      this.#post({
        t: 'answer',
        to: from,
        id,
        data: answered,
        error: error && { code: error.code, message: error.message, retryable: error.retryable },
      });
    this.#request(op, data).then(
      (answered) => answer(answered, null),
      (error: unknown) => answer(null, error as RamalError),
    );
  }

  async #request(op: ClientOp, data: ClientCommands[ClientOp]): Promise<unknown> {
    const answer = await this.#link.request(op, data);
    if (op === 'sync') {
      // What it holds is not told as events any more: this tab takes it too, and the others notice what they miss.
      const standing = answer as Standing;
      this.#options.state.replace(standing);
      this.#passedSeq = standing.resume.seq;
    }
    return answer;
  }

  // ---- a follower

  /** Whether what this leader says counts: of two, that of the later one. */
  #believe(tab: string, term: number): boolean {
    const known = this.#role === 'leader' ? { tab: this.#options.tab, term: this.#term } : this.#leader;
    if (known !== null && known.tab !== tab && known.term >= term) return false;
    this.#unanswered = 0;
    if (known?.tab === tab && known.term === term) return true;
    if (this.#role === 'leader') {
      // It took the lead while this tab was not awake.
      this.#resign();
      this.#leadership.queue();
    }
    this.#asked.loseAll();
    this.#leader = { tab, term, connection: 0 };
    return true;
  }

  #hearLead(lead: Extract<TabMessage, { t: 'lead' }>): void {
    const { from, term, connection, status, fronts } = lead;
    // The lead may have passed on before the word came why it was given up.
    if (isOver(status) && this.#status.state !== 'connected') {
      this.#setStatus(status);
      return this.#leaveGroup();
    }
    if (!this.#believe(from, term)) return;
    this.#options.link.clock.adopt(lead.clockOffsetMs);
    this.#claimer = lead.claimer;
    this.#setFronts(fronts);
    const isNew = this.#leader?.connection !== connection;
    if (isNew) this.#asked.loseAll();
    this.#leader = { tab: from, term, connection };
    const hasBegun = this.#options.state.position.point !== null;
    if (status.state === 'connected' && !hasBegun) return this.#askToCatchUp();
    if (isNew && status.state === 'connected' && this.#status.state === 'connected') {
      // It went and came between two words: what was asked of the former connection has no answer.
      this.#setStatus({ state: 'connecting', reason: null });
    }
    this.#setStatus(status);
    if (isOver(status)) this.#leaveGroup();
    return undefined;
  }

  #hearEvent({ from, term, event, epoch, prev, fronts }: Extract<TabMessage, { t: 'event' }>): void {
    const { state, onEvent } = this.#options;
    if (!this.#believe(from, term)) return;
    this.#setFronts(fronts);
    const { point } = state.position;
    const begins = (event.op === 'ready' && event.data.resume.status !== 'resumed') || event.op === 'resync';
    if (point === null && !begins) return this.#askToCatchUp();
    const isGap = event.seq !== undefined && (point?.epoch !== epoch || point.seq < prev);
    if (isGap && !begins) return this.#askToCatchUp();
    return onEvent(event);
  }

  #askToCatchUp(): void {
    if (this.#catchingUp) return;
    this.#catchingUp = true;
    this.#sayHere(true);
  }

  #catchUp({ events, state: snapshot, fronts }: Extract<TabMessage, { t: 'catchUp' }>): void {
    const { state, onEvent } = this.#options;
    this.#catchingUp = false;
    this.#setFronts(fronts);
    const { point } = state.position;
    // What was asked for may have come by itself meanwhile.
    const knows =
      snapshot !== null && point?.epoch === snapshot.resume.epoch && point.seq >= snapshot.resume.seq;
    if (snapshot !== null && !knows) state.restore(snapshot);
    for (const { event } of events ?? []) onEvent(event);
  }

  #sayHere(asks: boolean, withState = false): void {
    const { state } = this.#options;
    this.#post({
      t: 'here',
      point: state.position.point,
      state: withState ? state.snapshot() : null,
      focusedAt: this.#focusedAt,
      focused: this.#focused,
      asks,
    });
  }

  /** The browser passes the lead on when a tab dies; one that hangs has to be noticed. */
  #planPoke(): void {
    const { alarms, isVisible } = this.#options;
    alarms.set('poke', POKE_MS, () => {
      this.#planPoke();
      if (this.#role === 'leader' || !isVisible()) return;
      this.#catchingUp = false;
      this.#unanswered += 1;
      if (this.#unanswered > MOST_UNANSWERED) {
        this.#unanswered = 0;
        this.#leadership.steal();
      } else this.#post({ t: 'poke' });
    });
  }
}

const toId = ({ popupId }: { popupId: string }) => popupId;

/** Nobody of the group comes back by itself from these. */
function isOver({ state, reason }: LinkStatus): boolean {
  return state === 'failed' || (state === 'disconnected' && reason === 'logged_out');
}
