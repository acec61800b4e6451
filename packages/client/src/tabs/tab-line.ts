import type { LineLinkDeps } from '../alone-line.ts';
import type { Alarms } from '../alarms.ts';
import { isOver, type LinkStatus, type StatusReason } from '../connection/link-status.ts';
import type { Line, LineHandlers, TabRole } from '../line.ts';
import type { ClientCommands, ClientOp } from '../wire.ts';
import { createLeadership, type Leadership } from './leadership.ts';
import { TabFollower } from './tab-follower.ts';
import { TabLeader } from './tab-leader.ts';
import { TABS_VERSION, type TabMessage } from './tab-messages.ts';
import { TabRoster } from './tab-roster.ts';
import { TabSelf, type TabSelfOptions } from './tab-self.ts';

type TabAlarm = 'gather' | 'poke';

export interface TabLineOptions extends LineHandlers, TabSelfOptions {
  isVisible(): boolean;
  link: LineLinkDeps;
  alarms: Alarms<TabAlarm>;
}

/** How long a new leader waits for the others to say how far they have heard, ms. */
const GATHER_MS = 100;
/** How often a tab that somebody looks at asks whether there is a leader, ms. */
const POKE_MS = 3_000;
/** So many times without an answer, and the lead is taken. */
const MOST_UNANSWERED = 3;

/**
 * One of several tabs of a browser that share one connection. The leader holds it and passes on all that comes; each tab
 * knows by itself where it stands in the inbox, so that whichever leads next goes on from there: nothing is missed,
 * nothing told twice (I5). Here is which of the two a tab is, and when it becomes the other.
 */
export class TabLine implements Line {
  readonly #options: TabLineOptions;
  readonly #self: TabSelf;
  readonly #leader: TabLeader;
  readonly #follower: TabFollower;
  readonly #roster: TabRoster;
  readonly #leadership: Leadership;
  #letGoOfTab: () => void = () => undefined;
  #unanswered = 0;

  constructor(options: TabLineOptions) {
    const { platform, group, link, onEvent } = options;
    this.#options = options;
    this.#self = new TabSelf(options);
    this.#roster = new TabRoster(
      platform,
      (one) => this.#tabLock(one),
      () => this.#frontsChanged(),
    );
    const onOver = () => this.#leaveGroup();
    this.#leader = new TabLeader({ self: this.#self, roster: this.#roster, link, onEvent, onOver });
    this.#follower = new TabFollower({ self: this.#self, clock: link.clock, onEvent, onOver });
    this.#leadership = createLeadership(platform.locks, `ramal:${TABS_VERSION}:lead:${group}`, {
      onLead: () => this.#lead(),
      onLost: () => this.#followAgain(),
    });
  }

  get status(): LinkStatus {
    return this.#self.status;
  }

  get role(): TabRole {
    return this.#leader.leads ? 'leader' : 'follower';
  }

  start(): void {
    if (this.#self.isMember) return this.hurry();
    this.#self.setStatus({ state: 'connecting', reason: null });
    this.#self.join((message) => this.#hear(message));
    const released = new Promise<void>((resolve) => {
      this.#letGoOfTab = resolve;
    });
    // Whoever has this lock lives; the others may only watch it from then on.
    void this.#options.platform.locks.request(this.#tabLock(this.#self.tab), () => {
      if (this.#self.isMember) {
        this.#self.sayHere(true);
        this.#leadership.queue();
        this.#planPoke();
      }
      return released;
    });
  }

  stop(reason: StatusReason): void {
    this.#self.setStatus({ state: 'disconnected', reason });
    this.#leaveGroup();
  }

  hurry(): void {
    if (this.#leader.leads) return this.#leader.hurry();
    this.#options.alarms.check();
    if (this.#self.isMember) this.#self.sayHere(true);
  }

  setFocused(focused: boolean): void {
    this.#self.setFocused(focused);
    if (this.#leader.leads) this.#leader.setFocused();
    else this.#self.post({ t: 'focus', ...this.#self.seen });
  }

  send(op: ClientOp, data: ClientCommands[ClientOp]): Promise<unknown> {
    return this.#leader.leads ? this.#leader.request(op, data) : this.#follower.ask(op, data);
  }

  #hear(message: TabMessage): void {
    if ('to' in message && message.to !== this.#self.tab) return;
    switch (message.t) {
      case 'who':
        this.#believes(message.from, message.term);
        return this.#self.sayHere(false, message.wantsState);
      case 'lead':
        return this.#hearLead(message);
      case 'event':
        if (this.#believes(message.from, message.term)) this.#follower.hearEvent(message);
        return undefined;
      case 'catchUp':
        return this.#follower.catchUp(message);
      case 'answer':
        return this.#follower.hearAnswer(message);
      case 'ask':
        return this.#leader.hearAsk(message);
      case 'here':
      case 'focus':
      case 'poke':
      case 'bye':
        if (this.#leader.leads) this.#hearOfOther(message);
        return undefined;
    }
  }

  /** What only a leader listens to. */
  #hearOfOther(message: Extract<TabMessage, { t: 'here' | 'focus' | 'poke' | 'bye' }>): void {
    switch (message.t) {
      case 'here':
        return this.#leader.hearHere(message);
      case 'focus':
        return this.#leader.hearFocus(message);
      case 'poke':
        return this.#leader.hearPoke();
      case 'bye':
        return this.#roster.remove(message.from);
    }
  }

  #hearLead(lead: Extract<TabMessage, { t: 'lead' }>): void {
    const { status } = lead;
    // The lead may have passed on before the word came why it was given up.
    if (isOver(status) && this.#self.status.state !== 'connected') {
      this.#self.setStatus(status);
      return this.#leaveGroup();
    }
    if (this.#believes(lead.from, lead.term)) this.#follower.hearLead(lead);
    return undefined;
  }

  /** Whether what this leader says counts: of two, that of the later one. */
  #believes(tab: string, term: number): boolean {
    if (this.#leader.leads) {
      if (this.#leader.term >= term) return false;
      // It took the lead while this tab was not awake.
      this.#resign();
      this.#leadership.queue();
    }
    if (!this.#follower.believe(tab, term)) return false;
    this.#unanswered = 0;
    return true;
  }

  #lead(): void {
    const { alarms } = this.#options;
    const { term } = this.#follower;
    this.#follower.forget();
    this.#leader.lead(term);
    const mine = this.#leader.term;
    const begin = () => this.#leader.connect();
    alarms.set('gather', GATHER_MS, begin);
    // Nobody to wait for, as when the first tab opens.
    void this.#isOnlyTab().then((isOnly) => {
      if (!isOnly || !this.#leader.leads || this.#leader.term !== mine) return;
      alarms.clear('gather');
      begin();
    });
  }

  /** Leads no more, and may follow. */
  #resign(): void {
    if (!this.#leader.leads) return;
    this.#options.alarms.clear('gather');
    this.#leader.resign();
  }

  /** Another tab took the lead, because this one was not heard of. */
  #followAgain(): void {
    this.#resign();
    this.#self.setStatus({ state: 'connecting', reason: null });
    this.#leadership.queue();
    this.#self.sayHere(true);
  }

  #leaveGroup(): void {
    this.#options.alarms.clear('gather', 'poke');
    this.#self.post({ t: 'bye' });
    this.#resign();
    this.#leadership.release();
    this.#letGoOfTab();
    this.#self.leave();
    this.#follower.forget();
  }

  #frontsChanged(): void {
    if (!this.#leader.leads) return;
    this.#self.setFronts(this.#roster.fronts);
    this.#leader.sayLead();
  }

  async #isOnlyTab(): Promise<boolean> {
    const { platform } = this.#options;
    const { held = [] } = await platform.locks.query();
    const own = this.#tabLock(this.#self.tab);
    return !held.some(({ name = '' }) => name.startsWith(this.#tabLock('')) && name !== own);
  }

  #tabLock(tab: string): string {
    return `ramal:${TABS_VERSION}:tab:${this.#options.group}:${tab}`;
  }

  /** The browser passes the lead on when a tab dies; one that hangs has to be noticed. */
  #planPoke(): void {
    const { alarms, isVisible } = this.#options;
    alarms.set('poke', POKE_MS, () => {
      this.#planPoke();
      if (this.#leader.leads) return;
      this.#follower.askAgain();
      if (!isVisible()) return;
      this.#unanswered += 1;
      if (this.#unanswered > MOST_UNANSWERED) {
        this.#unanswered = 0;
        this.#leadership.steal();
      } else this.#self.post({ t: 'poke' });
    });
  }
}
