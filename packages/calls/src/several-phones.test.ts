import type { CallEvent } from '@ramal/contracts';
import { describe, expect, it } from 'vitest';
import { event, live, said, T0 } from '../test/build-events.ts';
import { toDeliveries, toEndPopupUsers } from './agent-messages.ts';
import { matchCallback } from './match-callback.ts';
import { planCallback } from './plan-callback.ts';
import { reduceCall, toLegs, toLegView } from './reduce-call.ts';

const at = (seconds: number) => ({ at: T0 + seconds * 1_000 });
const ALL = new Set(['ana', 'bruno', 'carla']);
const BRUNO = { ramal: '3502', user: 'bruno', destination: '3502' };
const CARLA = { ramal: '3503', user: 'carla', destination: '3503' };

const rings = [
  event('call.incoming', { externalCallId: 'x1' }),
  event('call.incoming', { externalCallId: 'x1', ...BRUNO, ...at(0.1) }),
  event('call.incoming', { externalCallId: 'x1', ...CARLA, ...at(0.2) }),
];
const taken = event('call.answered', { ...BRUNO, ...at(8) });
const over = event('call.ended', { ...BRUNO, ...at(68), durationSec: 60 });

/** What each agent is told, as `op`, `op:kind` or `op:kind:why`. */
function told(before: CallEvent[], next: CallEvent, present = ALL): Record<string, string[]> {
  return Object.fromEntries(
    toDeliveries(before, next, present).map(({ user, messages }) => [
      user,
      messages.map(({ op, data, popup }) =>
        [op, popup?.popup.kind, (data as { hidden?: string }).hidden].filter(Boolean).join(':'),
      ),
    ]),
  );
}

/** Tells the events one after the other, and what each agent was shown and hidden. */
function story(events: CallEvent[], present = ALL): Record<string, string[]> {
  const shown: Record<string, string[]> = {};
  events.forEach((next, n) => {
    for (const [user, messages] of Object.entries(told(events.slice(0, n), next, present))) {
      shown[user] ??= [];
      shown[user].push(...messages.filter((message) => /popup\.(?:show|hide)/.test(message)));
    }
  });
  return shown;
}

describe('R45 a ring group: several phones ring for one call', () => {
  it('each agent is shown it, and it is one call', () => {
    expect(rings.map((next, n) => told(rings.slice(0, n), next))).toMatchObject([
      { ana: ['call.created', 'popup.show:incoming'] },
      { bruno: ['call.created', 'popup.show:incoming'] },
      { carla: ['call.created', 'popup.show:incoming'] },
    ]);
    expect(reduceCall(rings)).toMatchObject({ state: 'ringing', direction: 'inbound' });
  });

  it('one takes it: the others’ pop-ups hide and say why', () => {
    expect(told(rings, taken)).toEqual({
      ana: ['call.ended', 'popup.hide:incoming:answered_elsewhere'],
      bruno: ['call.answered', 'popup.update:start', 'popup.update:incoming'],
      carla: ['call.ended', 'popup.hide:incoming:answered_elsewhere'],
    });
    const events = [...rings, taken];
    const views = toLegs(events).map((leg) => toLegView(reduceCall(events), leg));
    expect(views).toMatchObject([
      { state: 'ended', result: 'completed', user: 'bruno', ramal: '3502' },
      { state: 'answered', result: null, user: 'bruno', ramal: '3502' },
      { state: 'ended', result: 'completed', user: 'bruno', ramal: '3502' },
    ]);
  });

  it('R44 the end pop-up is for who talked, and the call is theirs', () => {
    expect(story([...rings, taken, over])).toEqual({
      ana: ['popup.show:incoming', 'popup.hide:incoming:answered_elsewhere'],
      bruno: ['popup.show:incoming', 'popup.hide:start:ended', 'popup.hide:incoming:ended', 'popup.show:end'],
      carla: ['popup.show:incoming', 'popup.hide:incoming:answered_elsewhere'],
    });
    expect(reduceCall([...rings, taken, over])).toMatchObject({
      user: 'bruno',
      ramal: '3502',
      result: 'completed',
      durationSec: 60,
      endedAt: over.at,
    });
  });

  it('the ends of the phones that only rang end nothing, and say nothing of the conversation', () => {
    const noAnswer = { result: 'no_answer', durationSec: 0, ...at(8.5) };
    const idle = [
      event('call.ended', { ...noAnswer }),
      event('call.ended', { ...noAnswer, ...CARLA, ...at(8.6) }),
    ];
    const events = [...rings, taken, ...idle];
    expect(reduceCall(events)).toMatchObject({ state: 'answered', user: 'bruno' });
    expect(idle.map((next, n) => told([...rings, taken, ...idle.slice(0, n)], next))).toEqual([{}, {}]);
    const silent = event('call.ended', { ...BRUNO, ...at(68) });
    expect(reduceCall([...events, silent])).toMatchObject({
      state: 'ended',
      result: 'completed',
      durationSec: 60,
    });
  });

  it('an end that tells of a conversation is the call’s, whichever phone it names', () => {
    const odd = event('call.ended', { ...at(68), durationSec: 60, result: 'completed' });
    expect(reduceCall([...rings, taken, odd])).toMatchObject({ state: 'ended', user: 'bruno' });
    const bare = event('call.ended', { ...at(68), ramal: undefined, user: undefined });
    expect(reduceCall([...rings, taken, bare]).state).toBe('ended');
  });

  it('nobody takes it: it ends with the last phone, and each who was called is told', () => {
    const ends = [
      event('call.ended', at(20)),
      event('call.ended', { ...BRUNO, ...at(20.1) }),
      event('call.ended', { ...CARLA, ...at(20.2) }),
    ];
    expect(reduceCall([...rings, ...ends.slice(0, 2)])).toMatchObject({ state: 'ringing' });
    expect(reduceCall([...rings, ...ends])).toMatchObject({ state: 'ended', result: 'missed' });
    const each = [
      'popup.show:incoming',
      'popup.hide:start:ended',
      'popup.hide:incoming:ended',
      'popup.show:end',
    ];
    expect(story([...rings, ...ends])).toEqual({ ana: each, bruno: each, carla: each });
  });

  it('whoever heard of the answer late is not rung any more', () => {
    const [first, second, third] = rings;
    const late = { ...third, at: taken.at + 800 } as CallEvent;
    const events = [first, second, taken] as CallEvent[];
    expect(told(events, late)).not.toHaveProperty('carla');
    expect(reduceCall([...events, late, over])).toMatchObject({ state: 'ended', user: 'bruno' });
  });

  it('the answer is told after the end of the phone that talked: still one end', () => {
    const lateAnswer = { ...taken, at: over.at + 500 } as CallEvent;
    expect(reduceCall([...rings, over])).toMatchObject({ state: 'ringing' });
    expect(reduceCall([...rings, over, lateAnswer])).toMatchObject({
      state: 'ended',
      endedAt: over.at,
      result: 'completed',
      durationSec: 60,
    });
    expect(story([...rings, over, lateAnswer])['bruno']).toContain('popup.show:end');
    expect(story([...rings, over, lateAnswer])['ana']).toEqual([
      'popup.show:incoming',
      'popup.hide:incoming:answered_elsewhere',
    ]);
  });

  it('a phone that is heard of when the call is over has its end pop-up by its own end', () => {
    const [first, second] = rings;
    const ended = event('call.ended', { ...at(3), result: 'no_answer' });
    const own = event('call.ended', { ...BRUNO, ...at(5), result: 'no_answer' });
    const before = [first, ended] as CallEvent[];
    const late = { ...second, at: ended.at + 900 } as CallEvent;
    expect(told(before, late)).toEqual({ bruno: ['call.created'] });
    expect(toEndPopupUsers(before, late)).toEqual([]);
    expect(story([...before, late, own])).toEqual({
      ana: ['popup.show:incoming', 'popup.hide:start:ended', 'popup.hide:incoming:ended', 'popup.show:end'],
      bruno: ['popup.hide:start:ended', 'popup.hide:incoming:ended', 'popup.show:end'],
    });
  });

  it('R44 who is logged out at the end is not shown it', () => {
    const before = [...rings, taken];
    expect(toEndPopupUsers(before, over)).toEqual(['bruno']);
    expect(story([...rings, taken, over], new Set(['ana', 'carla']))['bruno']).not.toContain(
      'popup.show:end',
    );
  });
});

describe('a call that is handed on', () => {
  const answered = event('call.answered', at(5));
  const handed = [
    event('call.incoming'),
    answered,
    event('call.incoming', { ...BRUNO, ...at(60) }),
    event('call.answered', { ...BRUNO, ...at(64) }),
    event('call.ended', at(65)),
  ];

  it('rings at the next one, goes on when the first one leaves, and is then the next one’s', () => {
    expect(told(handed.slice(0, 2), handed[2] as CallEvent)['bruno']).toContain('popup.show:incoming');
    expect(reduceCall(handed)).toMatchObject({ state: 'answered', user: 'bruno' });
    const end = event('call.ended', { ...BRUNO, ...at(120) });
    expect(reduceCall([...handed, end])).toMatchObject({ state: 'ended', endedAt: end.at, user: 'bruno' });
    const shown = story([...handed, end]);
    expect([shown['ana']?.at(-1), shown['bruno']?.at(-1)]).toEqual(['popup.show:end', 'popup.show:end']);
  });

  it('back to one who rang before: it rings there again', () => {
    const group = [...rings, event('call.answered', { ...BRUNO, ...at(8) })];
    const back = event('call.incoming', { ...at(60), ctiAt: T0 + 60_000 });
    expect(told(group, back)['ana']).toEqual(['call.updated', 'popup.show:incoming']);
  });
});

describe('R45 an internal call that the CTI alone tells of', () => {
  const internal = {
    direction: 'internal',
    origin: '3501',
    destination: '3502',
    peer: '3501',
    ramal: '3502',
    user: 'bruno',
    caller: { ramal: '3501', user: 'ana' },
  };
  const events = [
    event('call.incoming', internal),
    event('call.answered', { ...internal, ...at(3) }),
    event('call.ended', { ...internal, ...at(33) }),
  ];

  it('is one call, and each agent has a pop-up of it', () => {
    expect(story(events)).toEqual({
      ana: ['popup.show:start', 'popup.hide:start:ended', 'popup.hide:incoming:ended', 'popup.show:end'],
      bruno: ['popup.show:incoming', 'popup.hide:start:ended', 'popup.hide:incoming:ended', 'popup.show:end'],
    });
  });

  it('shows each the other one', () => {
    const call = reduceCall(events);
    const peers = toLegs(events).map((leg) => [leg.user, toLegView(call, leg).peer.raw]);
    expect(Object.fromEntries(peers)).toEqual({ ana: '3502', bruno: '3501' });
  });

  it('ends when either hangs up', () => {
    const byCaller = event('call.ended', {
      ...internal,
      ramal: '3501',
      user: 'ana',
      caller: undefined,
      ...at(9),
    });
    expect(reduceCall([...events.slice(0, 2), byCaller]).state).toBe('ended');
  });

  it('both ends are named by what its callback becomes', () => {
    const legs = [
      { ramal: '3502', user: 'bruno' },
      { ramal: '3501', user: 'ana' },
    ];
    const callback = said('incoming', {
      direction: 'internal',
      origin: '3501',
      destination: '3502',
      peer: '3501',
      legs,
    });
    const scene = { tenant: 'acme', nowMs: T0, candidates: [], lines: [], presentUsers: ALL };
    const plan = planCallback(callback, { ...scene, newCallId: live(events).callId });
    if (plan.kind !== 'commit') throw new Error('expected a commit');
    expect(plan.event).toMatchObject({
      ramal: '3502',
      user: 'bruno',
      caller: { ramal: '3501', user: 'ana' },
    });
    expect(plan.commit.lines).toEqual([
      { ramal: '3502', peerKey: '3501' },
      { ramal: '3501', peerKey: '3502' },
    ]);
  });
});

describe('R46 a ring group of a CTI without ids', () => {
  const ringing = live([event('call.incoming')]);
  const along = said('incoming', { legs: [{ ramal: '3502', user: 'bruno' }], destination: '3502' });

  it('is one call where the company says who rings together, and only there', () => {
    expect(matchCallback(along, [ringing], T0 + 1_000)).toBeNull();
    const grouped = { ...along, ringGroup: ['3501', '3502'] };
    expect(matchCallback(grouped, [ringing], T0 + 1_000)).toMatchObject({
      call: ringing,
      matchedBy: 'numbers',
    });
  });

  it('not from another number, not much later, not when the call is over', () => {
    const grouped = { ...along, ringGroup: ['3501', '3502'] };
    expect(matchCallback({ ...grouped, peer: '4732100999' }, [ringing], T0 + 1_000)).toBeNull();
    expect(matchCallback(grouped, [ringing], T0 + 40_000)).toBeNull();
    const over1 = live([event('call.incoming'), event('call.ended', at(3))]);
    expect(matchCallback(grouped, [over1], T0 + 20_000)).toBeNull();
  });
});
