import type { ServerEvent } from '@ramal/testkit';
import { type AgentTab, createAgentTab, TabRequestError } from './agent-tab.ts';
import { createClaimBook } from './claim-book.ts';
import type { LedgerAgent } from './ledger-tenants.ts';
import type { LedgerFaults } from './ledger-faults.ts';
import type { PlannedAgent } from './plan.ts';
import type { Random } from './random.ts';
import { createScreen } from './screen.ts';

/** An agent with the tabs they have open: looks at pop-ups, closes some, clicks to dial. */
export interface LedgerPerson {
  readonly agent: LedgerAgent;
  readonly tabs: readonly AgentTab[];
  /** How often a pop-up came up on one of the tabs. */
  shows(): number;
  /** Pop-ups that were brought to the front. */
  claims(): number;
  /** Pop-ups that two tabs had in front at once. */
  heldTwice(): string[];
  /** Clicks, and clicks again under the same intentId until it is acknowledged; null when it never was. */
  dial(intentId: string, to: string): Promise<string | null>;
  /** Does nothing about pop-ups any more, so that all that stands can be compared. */
  rest(): void;
}

/** A person closes pop-ups long before fifty stand, after which the oldest give way without a word. */
const MOST_STANDING = 12;
const DISMISSED = 0.35;
const SEEN = 0.1;
/** Longer than any outage of a run: the click that nobody answered is asked again under the same id. */
const DIAL_PATIENCE_MS = 60_000;

export function createLedgerPerson(options: {
  planned: PlannedAgent;
  token: string;
  gatewayUrls: readonly string[];
  random: Random;
  faults: LedgerFaults;
}): LedgerPerson {
  const { random, faults } = options;
  const { agent } = options.planned;
  const claims = createClaimBook();
  const met = new Set<string>();
  let standing: string[] = [];
  let shows = 0;
  let resting = false;

  const anyTab = () => {
    const ready = tabs.filter((tab) => tab.isReady());
    return ready.length === 0 ? undefined : random.pick(ready);
  };

  const dismiss = async (popupId: string) => {
    if (resting) return;
    standing = standing.filter((one) => one !== popupId);
    const tab = anyTab();
    if (tab === undefined) return void standing.unshift(popupId);
    try {
      await tab.request('popup.dismiss', { popupId });
      tab.screen.dismissed(popupId);
    } catch (error) {
      if (!(error instanceof TabRequestError)) throw error;
      if (error.code === 'popup_not_found') tab.screen.dismissed(popupId);
      // Not heard: it still stands, and the person tries again.
      else standing.unshift(popupId);
    }
  };

  /** What a person does about a pop-up that came up, on whichever of the tabs first. */
  const react = (popupId: string, isEnd: boolean) => {
    if (resting || met.has(popupId)) return;
    met.add(popupId);
    if (random.chance(SEEN))
      void anyTab()
        ?.request('popup.seen', { popupId })
        .catch(() => undefined);
    if (!isEnd) return;
    standing.push(popupId);
    if (random.chance(DISMISSED)) setTimeout(() => void dismiss(popupId), random.between(300, 6000)).unref();
    for (const oldest of standing.slice(0, -MOST_STANDING)) void dismiss(oldest);
  };

  const toOnEvent = (index: number) => (event: ServerEvent) => {
    const nowMs = Date.now();
    switch (event.op) {
      case 'popup.show':
        shows += 1;
        if (event.claimed !== undefined) claims.claim(index, event.data.popupId, event.claimed, nowMs);
        return react(event.data.popupId, event.data.kind === 'end');
      case 'ready':
      case 'resync':
        shows += event.data.popups.length;
        claims.replace(index, event.data.claimed ?? [], nowMs);
        for (const { popupId, kind } of event.data.popups) react(popupId, kind === 'end');
        return;
      case 'popup.claim':
        return claims.claim(index, event.data.popupId, event.data.claimed, nowMs);
      case 'popup.hide':
        return claims.over(event.data.popupId, nowMs);
      default:
    }
  };

  const tabs = options.planned.tabs.map((_, index) =>
    createAgentTab({
      name: `tab-${index + 1}`,
      token: options.token,
      toGatewayUrl: () => random.pick(options.gatewayUrls),
      screen: createScreen(agent, (fault, detail) =>
        faults.note(fault, `${agent.tenant}/${agent.user} tab ${index + 1}: ${detail}`),
      ),
      onEvent: toOnEvent(index),
      onGone: () => claims.leave(index, Date.now()),
    }),
  );

  return {
    agent,
    tabs,
    shows: () => shows,
    claims: () => claims.claimed(),
    heldTwice: () => claims.heldTwice(Date.now()),
    rest: () => {
      resting = true;
    },
    dial: async (intentId, to) => {
      const untilMs = performance.now() + DIAL_PATIENCE_MS;
      while (performance.now() < untilMs) {
        try {
          const ack = (await (anyTab() ?? tabs[0])?.request('dial', { intentId, to })) as { callId: string };
          return ack.callId;
        } catch (error) {
          if (!(error instanceof TabRequestError)) throw error;
          await new Promise((resolve) => {
            setTimeout(resolve, 100);
          });
        }
      }
      return null;
    },
  };
}
