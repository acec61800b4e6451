import type { CallEvent } from '@ramal/contracts';
import { describe, expect, it } from 'vitest';
import { findMissed, findWronglySkipped, type ShowingTab, toDuePopups } from './judge-popups.ts';
import type { CallsVerdict } from './judge-calls.ts';
import type { PlannedCall } from './plan.ts';

const ana = { tenant: 't', user: 'ana', ramal: '3501' };
const call = { shape: 'answered', tenant: { tenant: 't' }, agents: [ana] } as unknown as PlannedCall;
const T = Date.now() - 60_000;

const verdictOf = (...events: { type: string; at: number; [more: string]: unknown }[]): CallsVerdict => ({
  callIds: new Map([[call, new Set(['c'])]]),
  plannedOf: new Map([['c', new Set([call])]]),
  eventsOf: new Map([['c', events.map((event) => ({ callId: 'c', ...event })) as unknown as CallEvent[]]]),
});
const tabOf = (connected: [number, number][], shown: string[]): ShowingTab => ({
  name: 'tab-1',
  connected: connected.map(([fromMs, toMs]) => ({ fromMs, toMs })),
  screen: {
    popups: new Map(shown.map((kind) => [kind, { kind, callId: 'c', expiresAt: 0, over: null }])),
  } as unknown as ShowingTab['screen'],
});
const missed = (verdict: CallsVerdict, tab: ShowingTab) => {
  const found = findMissed(toDuePopups(verdict), new Map([[ana, [tab]]]));
  return [found.due, found.missed.length];
};

describe('what was due', () => {
  const incoming = { type: 'call.incoming', at: T };
  const ended = { type: 'call.ended', at: T + 5000 };
  const kinds = (verdict: CallsVerdict) => toDuePopups(verdict).map(({ kind }) => kind);

  it('is an incoming and an end pop-up of a call that rang and ended', () => {
    expect(kinds(verdictOf(incoming, ended))).toEqual(['end', 'incoming']);
  });

  it('is no incoming pop-up where the end or the recording was known before the ringing', () => {
    expect(kinds(verdictOf({ type: 'call.ended', at: T - 1 }, incoming))).toEqual(['end']);
    expect(kinds(verdictOf({ type: 'call.recording', at: T - 1 }, incoming, ended))).toEqual(['end']);
    expect(kinds(verdictOf(incoming, { type: 'call.ended', at: T }))).toEqual(['end']);
  });

  it('is no end pop-up where nobody was logged in', () => {
    expect(kinds(verdictOf({ ...ended, popupSkipped: 'not_logged_in' }))).toEqual([]);
  });
});

describe('what was missed', () => {
  const verdict = verdictOf({ type: 'call.incoming', at: T }, { type: 'call.ended', at: T + 5000 });

  it('is nothing on a tab that showed it all', () => {
    expect(missed(verdict, tabOf([[T - 1000, T + 50_000]], ['incoming', 'end']))).toEqual([2, 0]);
  });

  it('is what a connected tab did not show', () => {
    expect(missed(verdict, tabOf([[T - 1000, T + 50_000]], ['end']))).toEqual([2, 1]);
  });

  it('is not what was over while the tab was away', () => {
    expect(missed(verdict, tabOf([[T + 6000, T + 50_000]], ['end']))).toEqual([1, 0]);
  });

  it('is what still stood when the tab came back', () => {
    expect(missed(verdict, tabOf([[T + 2000, T + 50_000]], []))).toEqual([2, 2]);
  });

  it('is not what the agent closed while this tab was away', () => {
    const closed = { type: 'popup.dismissed', at: T + 6000, user: 'ana', popupId: 'p' };
    const both = verdictOf({ type: 'call.ended', at: T + 5000 }, closed);
    expect(missed(both, tabOf([[T + 8000, T + 50_000]], []))).toEqual([0, 0]);
  });

  it('is an end that was skipped although the agent was there', () => {
    const skipped = verdictOf({ type: 'call.ended', at: T, popupSkipped: 'not_logged_in' });
    const there = tabOf([[T - 10_000, T + 10_000]], []);
    expect(findWronglySkipped(skipped, new Map([[ana, [there]]]))).toHaveLength(1);
    expect(findWronglySkipped(skipped, new Map([[ana, [tabOf([], [])]]]))).toEqual([]);
  });
});
