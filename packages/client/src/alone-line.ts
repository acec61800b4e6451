import { Link, type LinkDeps } from './connection/link.ts';
import type { Line, LineHandlers } from './line.ts';
import type { AgentState } from './state/agent-state.ts';

/** What a line needs for its own connection, beside what the line itself decides. */
export type LineLinkDeps = Omit<LinkDeps, 'onEvent' | 'onStanding' | 'onStatus' | 'resumeAt' | 'manners'>;

export interface AloneLineOptions extends LineHandlers {
  link: LineLinkDeps;
  state: AgentState;
  tab: string;
  focused: boolean;
}

/** A tab with a connection of its own. */
export function createAloneLine({
  link: deps,
  state,
  tab,
  focused,
  onEvent,
  onStatus,
}: AloneLineOptions): Line {
  let isFocused = focused;
  const link = new Link({
    ...deps,
    resumeAt: () => state.position.point,
    manners: () => ({ tab, focused: isFocused }),
    onEvent,
    onStanding: (standing) => state.replace(standing),
    onStatus,
  });
  return {
    get status() {
      return link.status;
    },
    role: 'alone',
    start: () => link.start(),
    stop: (reason) => link.stop(reason),
    hurry: () => link.hurry(),
    setFocused: (now) => {
      isFocused = now;
      // Without a connection there is nobody to tell: the next `auth` does.
      if (now) link.request('focus', undefined).catch(() => undefined);
    },
    send: (op, data) => link.request(op, data),
  };
}
