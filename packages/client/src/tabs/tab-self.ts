import type { LinkStatus } from '../connection/link-status.ts';
import type { AgentState } from '../state/agent-state.ts';
import { type Fronts, TABS_VERSION, type TabMessage } from './tab-messages.ts';
import type { TabChannel, TabPlatform } from './tab-platform.ts';

type Content<M = TabMessage> = M extends unknown ? Omit<M, 'from'> : never;

export interface TabSelfOptions {
  platform: TabPlatform;
  /** What tabs share that belong together: gateway and agent. */
  group: string;
  /** This tab's own name. */
  tab: string;
  focused: boolean;
  state: AgentState;
  onStatus(status: LinkStatus): void;
}

/** What a tab is to the others, whether it leads or follows. */
export class TabSelf {
  readonly tab: string;
  readonly state: AgentState;
  /** The name that the gateway knows this browser's claims by goes from leader to leader. */
  claimer: string;
  readonly #options: TabSelfOptions;
  #channel: TabChannel | null = null;
  status: LinkStatus = { state: 'disconnected', reason: 'not_started' };
  fronts: Fronts = {};
  #focused: boolean;
  #focusedAt: number;

  constructor(options: TabSelfOptions) {
    this.#options = options;
    this.tab = options.tab;
    this.state = options.state;
    this.claimer = options.tab;
    this.#focused = options.focused;
    this.#focusedAt = options.focused ? Date.now() : 0;
  }

  get isMember(): boolean {
    return this.#channel !== null;
  }

  /** Whether somebody looks at this tab, and since when: epoch ms, 0 for never. */
  get seen(): { focusedAt: number; focused: boolean } {
    return { focusedAt: this.#focusedAt, focused: this.#focused };
  }

  join(hear: (message: TabMessage) => void): void {
    const { platform, group } = this.#options;
    this.#channel = platform.openChannel(`ramal:${TABS_VERSION}:${group}`, hear);
  }

  leave(): void {
    this.#channel?.close();
    this.#channel = null;
  }

  post(message: Content): void {
    this.#channel?.post({ ...message, from: this.tab } as TabMessage);
  }

  sayHere(asks: boolean, withState = false): void {
    const { point } = this.state.position;
    const state = withState ? this.state.snapshot() : null;
    this.post({ t: 'here', point, state, ...this.seen, asks });
  }

  setFocused(focused: boolean): void {
    this.#focused = focused;
    if (focused) this.#focusedAt = Date.now();
  }

  setStatus(status: LinkStatus): void {
    if (status.state === this.status.state && status.reason === this.status.reason) return;
    this.status = status;
    this.#options.onStatus(status);
  }

  /** Applies fronts before what they are about. */
  setFronts(fronts: Fronts): void {
    this.fronts = fronts;
    this.state.popups.setFronts(new Map(Object.entries(fronts)), this.tab);
  }
}
