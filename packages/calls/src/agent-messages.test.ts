import { type CallEvent, inboxEvent } from '@ramal/contracts';
import { describe, expect, it } from 'vitest';
import { event, OUTBOUND, T0 } from '../test/build-events.ts';
import { toDeliveries } from './agent-messages.ts';

const at = (seconds: number) => ({ at: T0 + seconds * 1_000 });
const ANA = new Set(['ana']);

/** What each agent is told when `next` becomes known, as `op` or `op:kind`. */
function told(
  before: CallEvent[],
  next: CallEvent,
  present: ReadonlySet<string> = ANA,
): Record<string, string[]> {
  const deliveries = toDeliveries(before, next, present);
  return Object.fromEntries(
    deliveries.map(({ user, messages }) => [
      user,
      messages.map(({ op, popup }) => (popup === undefined ? op : `${op}:${popup.popup.kind}`)),
    ]),
  );
}

const requested = event('call.requested');
const requesting = event('dial.requesting', at(1));
const accepted = event('dial.accepted', at(2));
const incoming = event('call.incoming');
const answered = event('call.answered', at(5));
const ended = event('call.ended', at(65));

describe('R43 a dial', () => {
  it.each<[string, CallEvent[], CallEvent, string[]]>([
    ['the click', [], requested, ['call.created', 'dial.queued', 'popup.show:start']],
    ['the request', [requested], requesting, ['dial.requesting', 'call.updated', 'popup.update:start']],
    [
      'the CTI’s yes',
      [requested, requesting],
      accepted,
      ['dial.accepted', 'call.updated', 'popup.update:start'],
    ],
    ['a no', [requested], event('dial.failed', at(2)), ['dial.failed', 'call.ended', 'popup.update:start']],
    [
      'too late',
      [requested],
      event('dial.expired', at(10)),
      ['dial.expired', 'call.ended', 'popup.update:start'],
    ],
    [
      'doubt',
      [requested],
      event('dial.uncertain', at(9)),
      ['dial.uncertain', 'call.updated', 'popup.update:start'],
    ],
    [
      'a cancel',
      [requested],
      event('dial.canceled', at(1)),
      ['dial.failed', 'call.ended', 'popup.update:start'],
    ],
  ])('%s', (_, before, next, messages) => {
    expect(told(before, next)).toEqual({ ana: messages });
  });

  it('a failure’s reason reaches the dial’s state and the pop-up', () => {
    const [delivery] = toDeliveries([requested], event('dial.failed', at(2)), ANA);
    expect(delivery?.messages[0]?.data).toMatchObject({ intentId: 'click-1', reason: 'cti_rejected' });
    expect(delivery?.messages[2]?.data).toMatchObject({
      kind: 'start',
      state: 'ended',
      reason: 'cti_rejected',
    });
  });

  it('the CTI’s own callbacks move its one pop-up and bring no second one', () => {
    const before = [requested, requesting, accepted];
    expect(told(before, event('call.incoming', { ...OUTBOUND, ...at(3) }))).toEqual({
      ana: ['call.updated', 'popup.update:incoming'],
    });
    expect(told(before, event('call.answered', { ...OUTBOUND, ...at(5) }))).toEqual({
      ana: ['call.answered', 'popup.update:start', 'popup.update:incoming'],
    });
  });

  it('a failure that comes after the CTI’s callbacks ends nothing', () => {
    const before = [requested, event('call.answered', { ...OUTBOUND, ...at(3) })];
    expect(told(before, event('dial.failed', at(4)))).toEqual({
      ana: ['dial.failed', 'call.updated', 'popup.update:start'],
    });
  });

  it('callbacks that disprove a failure mend its pop-up', () => {
    const before = [requested, event('dial.failed', at(2))];
    expect(told(before, event('call.incoming', { ...OUTBOUND, ...at(3) }))).toEqual({
      ana: ['call.updated', 'popup.update:start'],
    });
    const [delivery] = toDeliveries(before, event('call.answered', { ...OUTBOUND, ...at(3) }), ANA);
    expect(delivery?.messages.map(({ op }) => op)).toContain('call.answered');
    const start = delivery?.messages.find(({ popup }) => popup?.popup.kind === 'start')?.popup;
    expect(start).toMatchObject({ change: 'update', popup: { state: 'answered' } });
    expect(start?.popup).not.toHaveProperty('reason');
  });
});

describe('R45 an incoming call', () => {
  it.each<[string, CallEvent[], CallEvent, string[]]>([
    ['rings', [], incoming, ['call.created', 'popup.show:incoming']],
    ['is answered', [incoming], answered, ['call.answered', 'popup.update:start', 'popup.update:incoming']],
    [
      'is first heard of when answered',
      [],
      answered,
      ['call.created', 'call.answered', 'popup.show:incoming', 'popup.update:start', 'popup.update:incoming'],
    ],
    ['rings after it was answered', [answered], incoming, ['call.updated', 'popup.update:incoming']],
    ['rings after it ended', [ended], incoming, ['call.updated']],
    ['is answered after it ended', [ended], answered, ['call.updated', 'popup.update:end']],
  ])('%s', (_, before, next, messages) => {
    expect(told(before, next)).toEqual({ ana: messages });
  });

  it('I5 told a second time it brings no pop-up back that was dismissed', () => {
    const again = event('call.incoming', { ...at(3), ctiAt: T0 });
    expect(told([incoming], again)).toEqual({ ana: ['call.updated', 'popup.update:incoming'] });
  });

  it('shows even to an agent who seems logged out: they may be reconnecting', () => {
    expect(told([], incoming, new Set())).toEqual({ ana: ['call.created', 'popup.show:incoming'] });
  });

  it('that rings at a second extension pops up there alone', () => {
    const second = event('call.incoming', { ...at(1), ramal: '3502', user: 'bruno', destination: '3502' });
    expect(told([incoming], second)).toEqual({
      bruno: ['call.created', 'popup.show:incoming'],
    });
  });

  it('at an extension without a user tells nobody', () => {
    expect(told([], event('call.incoming', { user: undefined }))).toEqual({});
  });

  it('an outgoing call by hand brings no pop-up', () => {
    expect(told([], event('call.incoming', OUTBOUND))).toEqual({ ana: ['call.created'] });
    expect(told([], event('call.answered', { ...OUTBOUND, ...at(2) }))).toEqual({
      ana: ['call.created', 'call.answered', 'popup.update:start', 'popup.update:incoming'],
    });
  });
});

describe('R44 the end', () => {
  const END = ['call.ended', 'popup.hide:start', 'popup.hide:incoming'];

  it('hides what stands and shows the end pop-up to an agent who is logged in', () => {
    expect(told([incoming, answered], ended)).toEqual({ ana: [...END, 'popup.show:end'] });
    expect(told([requested, accepted], event('call.ended', { ...OUTBOUND, ...at(65) }))).toEqual({
      ana: [...END, 'popup.show:end'],
    });
  });

  it('shows no end pop-up to one who is not', () => {
    expect(told([incoming, answered], ended, new Set(['bruno']))).toEqual({ ana: END });
  });

  it('of a call nobody knew is news first', () => {
    expect(told([], ended)).toEqual({ ana: ['call.created', ...END, 'popup.show:end'] });
  });

  it('that disproves a failed dial is an end all the same', () => {
    const before = [requested, event('dial.failed', at(2))];
    expect(told(before, event('call.ended', { ...OUTBOUND, ...at(20) }))).toEqual({
      ana: [...END, 'popup.show:end'],
    });
  });

  it('told twice it shows nothing again', () => {
    const again = event('call.ended', { ...at(70), durationSec: 60 });
    expect(told([incoming, ended], again)).toEqual({ ana: ['call.updated', 'popup.update:end'] });
  });
});

describe('a recording', () => {
  const recording = event('call.recording', at(90));
  it('I5 that overtakes the ring, or the answer, takes no pop-up away', () => {
    const early = event('call.recording', at(1));
    expect(told([early], incoming)).toEqual({ ana: ['call.updated', 'popup.show:incoming'] });
    expect(told([early], event('call.incoming', at(2)))).toEqual({
      ana: ['call.updated', 'popup.show:incoming'],
    });
    expect(told([early], answered)).toEqual({
      ana: ['call.answered', 'popup.show:incoming', 'popup.update:start', 'popup.update:incoming'],
    });
    expect(told([early], ended).ana).toContain('popup.show:end');
    expect(told([early, incoming], event('call.incoming', at(3)))).toEqual({
      ana: ['call.updated', 'popup.update:incoming'],
    });
  });
  it('is told, and reaches the end pop-up', () => {
    expect(told([incoming, ended], recording)).toEqual({ ana: ['recording.ready', 'popup.update:end'] });
  });
  it('of a call nobody knew is news first, and no pop-up', () => {
    expect(told([], recording)).toEqual({ ana: ['call.created', 'recording.ready', 'popup.update:end'] });
  });
  it('without an address, or with the one that is known, tells nothing', () => {
    expect(told([incoming, ended], event('call.recording', { ...at(90), recording: undefined }))).toEqual({});
    expect(told([incoming, ended, recording], event('call.recording', at(91)))).toEqual({});
  });
});

describe('an internal call', () => {
  const dialled = event('call.requested', { direction: 'internal', peer: '3502' });
  const rings = event('call.incoming', {
    ...at(2),
    direction: 'internal',
    ramal: '3502',
    user: 'bruno',
    origin: '3501',
    destination: '3502',
    peer: '3501',
  });

  it('pops up at the callee, who never hears of the caller’s dial', () => {
    expect(told([dialled], rings)).toEqual({
      ana: ['call.updated', 'popup.update:incoming'],
      bruno: ['call.created', 'popup.show:incoming'],
    });
    expect(told([dialled, rings], accepted)).toEqual({
      ana: ['dial.accepted', 'call.updated', 'popup.update:start'],
      bruno: ['call.updated'],
    });
  });

  it('shows each agent the other one', () => {
    const deliveries = toDeliveries([dialled], rings, ANA);
    const peerOf = (user: string) =>
      deliveries.find((one) => one.user === user)?.messages[0]?.data as {
        peer: { raw: string };
        ramal: string;
      };
    expect(peerOf('ana')).toMatchObject({ ramal: '3501', peer: { raw: '3502' } });
    expect(peerOf('bruno')).toMatchObject({ ramal: '3502', peer: { raw: '3501' } });
  });

  it('ends for both, with the end pop-up for whom is there', () => {
    const end = { ...rings, ...event('call.ended', at(60)), direction: 'internal' } as CallEvent;
    expect(told([dialled, rings], end, new Set(['bruno']))).toEqual({
      ana: ['call.ended', 'popup.hide:start', 'popup.hide:incoming'],
      bruno: ['call.ended', 'popup.hide:start', 'popup.hide:incoming', 'popup.show:end'],
    });
  });
});

describe('R46 pop-ups', () => {
  const story: [CallEvent[], CallEvent][] = [
    [[], requested],
    [[requested], requesting],
    [[requested, requesting], accepted],
    [[requested, accepted], event('call.answered', { ...OUTBOUND, ...at(5) })],
    [[requested, accepted], event('call.ended', { ...OUTBOUND, ...at(65) })],
    [
      [requested, event('call.ended', { ...OUTBOUND, ...at(65) })],
      event('call.recording', { ...OUTBOUND, ...at(90) }),
    ],
    [[], incoming],
    [[incoming], ended],
  ];
  const messages = story.flatMap(([before, next]) =>
    toDeliveries(before, next, ANA).flatMap((delivery) => delivery.messages),
  );

  it('of one kind keep one id through the whole call, and there are three kinds', () => {
    const ids = new Map<string, Set<string>>();
    for (const { popup } of messages) {
      if (popup === undefined) continue;
      const { kind, popupId } = popup.popup;
      ids.set(kind, (ids.get(kind) ?? new Set()).add(popupId));
    }
    expect([...ids.keys()].toSorted()).toEqual(['end', 'incoming', 'start']);
    for (const known of ids.values()) expect(known.size).toBe(1);
    expect(new Set([...ids.values()].flatMap((known) => [...known])).size).toBe(3);
  });

  it('another agent’s pop-up of the same call has another id', () => {
    const [ana] = toDeliveries([], incoming, ANA);
    const [bruno] = toDeliveries([], event('call.incoming', { user: 'bruno' }), ANA);
    expect(ana?.messages.at(-1)?.popup?.popup.popupId).not.toBe(bruno?.messages.at(-1)?.popup?.popup.popupId);
  });

  it('every message is an event of the contract', () => {
    expect(messages.length).toBeGreaterThan(20);
    for (const { op, ts, data } of messages) {
      const parsed = inboxEvent.safeParse({ op, seq: 1, ts, data });
      expect(parsed.error, op).toBeUndefined();
      expect(parsed.data?.data).toEqual(data);
    }
  });

  it.each<[string, CallEvent[], CallEvent, number]>([
    ['while it rings', [], incoming, 2 * 60],
    ['while one talks', [incoming], answered, 5 + 4 * 60 * 60],
    ['after a failed dial', [requested], event('dial.failed', at(3)), 3 + 30],
    ['after the end', [incoming], ended, 65 + 2 * 60],
  ])('I5 last as long as they are of use: %s', (_, before, next, untilSec) => {
    const [delivery] = toDeliveries(before, next, ANA);
    expect(delivery?.messages.at(-1)?.popup?.popup.expiresAt).toBe(T0 + untilSec * 1_000);
  });
});

it('seen and dismissed tell nobody by themselves', () => {
  expect(told([incoming], event('popup.seen', at(1)))).toEqual({});
  expect(told([incoming], event('popup.dismissed', at(1)))).toEqual({});
});
