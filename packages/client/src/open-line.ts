import { createAloneLine, type LineLinkDeps } from './alone-line.ts';
import { createAlarms } from './alarms.ts';
import { type ConnectOptions, toSettings, toSocketUrl, toWebSocketClass } from './connect-options.ts';
import { createSocketOpener } from './connection/open-socket.ts';
import { type AgentTokenHeld, createTokenSource } from './connection/token-source.ts';
import type { Line, LineHandlers } from './line.ts';
import { isFocused, isVisible } from './page-hooks.ts';
import { randomId } from './random-id.ts';
import type { ServerClock } from './server-clock.ts';
import type { AgentState } from './state/agent-state.ts';
import { createGroupLine } from './tabs/group-line.ts';
import { TabLine } from './tabs/tab-line.ts';
import { findTabPlatform, type TabPlatform } from './tabs/tab-platform.ts';

export interface OpenLineOptions extends LineHandlers {
  state: AgentState;
  clock: ServerClock;
  platform?: TabPlatform | null;
}

/** The way to the gateway that suits page and options. @throws TypeError for options that can't be used */
export function openLine(
  options: ConnectOptions,
  { state, clock, platform, ...handlers }: OpenLineOptions,
): Line {
  const { tabs = true, getToken } = options;
  const settings = toSettings(options);
  const url = toSocketUrl(options.url);
  const tokens = createTokenSource(getToken);
  const link: LineLinkDeps = {
    openSocket: createSocketOpener(toWebSocketClass(options), url),
    tokens,
    clock,
    alarms: createAlarms(),
    settings,
    isOurs: createOwnership(),
  };
  const shared = { ...handlers, link, state, tab: randomId(), focused: isFocused() };
  const found = tabs === false ? null : (platform ?? findTabPlatform());
  if (found === null) return createAloneLine(shared);

  const openGroup = (key: string) =>
    new TabLine({ ...shared, platform: found, group: `${url} ${key}`, alarms: createAlarms(), isVisible });
  if (typeof tabs === 'object') return openGroup(tabs.key);
  return createGroupLine({
    getToken: () => tokens.get(clock.now()),
    openLine: (owner) => (owner === null ? createAloneLine(shared) : openGroup(owner)),
    onStatus: handlers.onStatus,
    alarms: createAlarms(),
    settings,
  });
}

/** The first token says whose connection it is; who can't be told apart may be the same. */
function createOwnership(): (token: AgentTokenHeld) => boolean {
  let known: string | null = null;
  return ({ owner }) => {
    known ??= owner;
    return owner === null || owner === known;
  };
}
