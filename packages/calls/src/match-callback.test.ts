import { describe, expect, it } from 'vitest';
import { callIdAt, event, live, OUTBOUND, said, saidOutbound, T0 } from '../test/build-events.ts';
import { matchCallback } from './match-callback.ts';
import { planCallback } from './plan-callback.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const at = (ms: number) => ({ at: T0 + ms });

/** A call ana dialled, that the CTI has accepted. */
const dialled = live([event('call.requested'), event('dial.accepted', at(500))]);
const ringing = live([event('call.incoming')]);
const answered = live([event('call.incoming'), event('call.answered', at(5 * SECOND))]);
const over = live([event('call.incoming'), event('call.ended', at(10 * SECOND))]);

describe('R46 by the CTI’s own id', () => {
  const named = live([event('call.incoming', { externalCallId: 'x1' })]);

  it('finds the call, whatever numbers the callback names or leaves out', () => {
    const bare = said('ended', { externalCallId: 'x1', legs: [], origin: undefined, destination: undefined });
    expect(matchCallback(bare, [ringing, named], T0)).toEqual({ call: named, matchedBy: 'external_id' });
    expect(matchCallback({ ...bare, peer: '1100000000' }, [named], T0)?.matchedBy).toBe('external_id');
  });

  it('finds it long after every window', () => {
    expect(matchCallback(said('recording', { externalCallId: 'x1' }), [named], T0 + 9 * HOUR)?.call).toBe(
      named,
    );
  });

  it('two ids never merge, even between the same numbers at the same moment', () => {
    const other = said('incoming', { externalCallId: 'x2' });
    for (const kind of ['incoming', 'answered', 'ended', 'recording'] as const)
      expect(matchCallback({ ...other, kind }, [named], T0)).toBeNull();
  });

  it('a dialled call, which has no id yet, is found by its numbers and gets one', () => {
    const first = saidOutbound('answered', { externalCallId: 'x1' });
    expect(matchCallback(first, [dialled], T0 + SECOND)).toEqual({ call: dialled, matchedBy: 'numbers' });
  });

  it('a callback without an id still finds the call that has one', () => {
    expect(matchCallback(said('ended'), [named], T0 + MINUTE)?.call).toBe(named);
  });
});

describe('R46 by extension and number', () => {
  it.each(['4732100123', '04732100123', '0154732100123', '+55 47 3210-0123', '32100123'])(
    'finds the dialled call when the CTI writes %s',
    (destination) => {
      const ended = saidOutbound('ended', { destination, peer: destination });
      expect(matchCallback(ended, [dialled], T0 + MINUTE)).toEqual({ call: dialled, matchedBy: 'numbers' });
    },
  );

  it.each([
    ['another far end', said('answered', { peer: '4732100124', origin: '4732100124' })],
    ['another extension', said('answered', { legs: [{ ramal: '3502', user: 'bruno' }] })],
    ['the other direction', saidOutbound('answered')],
    ['a withheld number', said('answered', { peer: undefined, origin: undefined })],
  ])('%s is another call', (_, callback) => {
    expect(matchCallback(callback, [ringing], T0)).toBeNull();
  });

  it('a direction nobody knows contradicts none', () => {
    expect(matchCallback(said('answered', { direction: 'unknown' }), [ringing], T0)?.call).toBe(ringing);
  });

  it('two withheld numbers are the same far end', () => {
    const withheld = { peer: undefined, origin: undefined };
    const call = live([event('call.incoming', withheld)]);
    expect(matchCallback(said('ended', withheld), [call], T0 + MINUTE)?.call).toBe(call);
    expect(matchCallback(said('ended'), [call], T0 + MINUTE)).toBeNull();
  });

  it('of several calls the open one counts, and of those the newest', () => {
    const older = live([event('call.incoming', { callId: callIdAt(T0 - 5 * MINUTE), ...at(-5 * MINUTE) })]);
    expect(matchCallback(said('ended'), [older, ringing], T0 + MINUTE)?.call).toBe(ringing);
    expect(matchCallback(said('ended'), [ringing, older], T0 + MINUTE)?.call).toBe(ringing);
    expect(matchCallback(said('ended'), [older, over], T0 + 15 * SECOND)?.call).toBe(older);
  });

  it('nothing is found among no candidates', () => {
    expect(matchCallback(said('ended'), [], T0)).toBeNull();
  });
});

describe('R46 which callbacks a call may still get', () => {
  type Row = [
    title: string,
    call: ReturnType<typeof live>,
    kind: 'incoming' | 'answered' | 'ended' | 'recording',
    afterMs: number,
    found: boolean,
  ];
  const failed = live([event('call.requested'), event('dial.failed', at(SECOND))]);
  const uncertain = live([event('call.requested'), event('dial.uncertain', at(11 * SECOND))]);
  const orphanEnd = live([event('call.ended')]);
  const orphanRecording = live([event('call.recording')]);
  const rows: Row[] = [
    ['a repeated incoming is the CTI repeating itself', ringing, 'incoming', 29 * SECOND, true],
    ['after the repeat window it is a new call', ringing, 'incoming', 31 * SECOND, false],
    ['an answered call is not called again', answered, 'incoming', 31 * SECOND, false],
    ['an answer', ringing, 'answered', 2 * MINUTE, true],
    ['an end after hours of talk', answered, 'ended', 3 * HOUR, true],
    ['an end after longer than any call lasts', answered, 'ended', 25 * HOUR, false],
    ['an answer that the end overtook', over, 'answered', 15 * SECOND, true],
    ['an answer minutes after the end', over, 'answered', 5 * MINUTE, false],
    ['the end told twice', over, 'ended', 35 * SECOND, true],
    ['another end minutes later', over, 'ended', 5 * MINUTE, false],
    ['a recording an hour later', over, 'recording', HOUR, true],
    ['a recording too late for this call', over, 'recording', 3 * HOUR, false],
    ['an incoming that the end overtook', orphanEnd, 'incoming', 5 * SECOND, true],
    ['an incoming minutes after an orphaned end', orphanEnd, 'incoming', MINUTE, false],
    ['an end after its own recording', orphanRecording, 'ended', MINUTE, true],
  ];
  it.each(rows)('%s', (_, call, kind, afterMs, found) => {
    expect(matchCallback(said(kind), [call], T0 + afterMs)?.call).toBe(found ? call : undefined);
  });

  const dialRows: Row[] = [
    ['a call our dial is unsure about', uncertain, 'ended', 20 * MINUTE, true],
    ['an answer that disproves a failure', failed, 'answered', 10 * SECOND, true],
    ['an end that disproves a failure', failed, 'ended', 20 * SECOND, true],
    ['an end minutes after a failed dial: dialled by hand', failed, 'ended', 5 * MINUTE, false],
    ['a recording minutes after a failed dial', failed, 'recording', 5 * MINUTE, false],
    ['the CTI tells the dialling leg as incoming', dialled, 'incoming', 3 * SECOND, true],
    ['an outgoing call by hand a minute after the click', dialled, 'incoming', MINUTE, false],
  ];
  it.each(dialRows)('dialled: %s', (_, call, kind, afterMs, found) => {
    expect(matchCallback(saidOutbound(kind), [call], T0 + afterMs)?.call).toBe(found ? call : undefined);
  });
});

describe('threat 1 a dial that was refused', () => {
  const refused = live([
    event('call.requested'),
    event('dial.failed', { reason: 'destination_premium', ...at(1) }),
  ]);
  const failed = live([event('call.requested'), event('dial.failed', { reason: 'cti_rejected', ...at(1) })]);

  it.each(['incoming', 'answered', 'ended', 'recording'] as const)(
    'is not found by %s: a call between these numbers was dialled by hand',
    (kind) => {
      expect(matchCallback(saidOutbound(kind), [refused], T0 + SECOND)).toBeNull();
      expect(matchCallback(saidOutbound(kind), [refused, failed], T0 + SECOND)?.call).toBe(failed);
      expect(matchCallback(saidOutbound(kind), [refused, dialled], T0 + SECOND)?.call).toBe(dialled);
    },
  );
});

describe('R46 the same numbers, called again', () => {
  const quick = live([event('call.incoming'), event('call.ended', at(4 * SECOND))]);
  const redialled = (seconds: number) =>
    matchCallback(said('incoming'), [quick], T0 + 4 * SECOND + seconds * SECOND);

  it('soon after the end it is another call, unless it is the first ring told twice', () => {
    expect(redialled(2)?.call).toBe(quick);
    expect(redialled(9)?.call).toBe(quick);
    expect(redialled(11)).toBeNull();
    expect(redialled(50)).toBeNull();
  });

  it('the CTI’s own clock tells better than ours', () => {
    const timed = live([event('call.incoming', { ctiAt: T0 }), event('call.ended', at(2 * SECOND))]);
    const again = (ctiAtMs: number) =>
      matchCallback(said('incoming', { ctiAtMs }), [timed], T0 + 4 * SECOND)?.call;
    expect(again(T0 + 3 * SECOND)).toBeUndefined();
    expect(again(T0)).toBe(timed);
    const open = live([event('call.incoming', { ctiAt: T0 })]);
    expect(
      matchCallback(said('incoming', { ctiAtMs: T0 + 20 * SECOND }), [open], T0 + 20 * SECOND),
    ).toBeNull();
    expect(matchCallback(said('incoming', { ctiAtMs: T0 }), [open], T0 + MINUTE)?.call).toBe(open);
  });

  it('the first call’s end told twice does not end the second call', () => {
    const plan = planCallback(said('ended', { durationSec: 7 }), {
      tenant: 'acme',
      nowMs: T0 + 10 * SECOND,
      candidates: [live([event('call.incoming')])],
      lines: [],
      presentUsers: new Set(),
      newCallId: callIdAt(T0, 9),
    });
    if (plan.kind !== 'commit') throw new Error('expected a commit');
    const first = live(plan.commit.events);
    const next = live([event('call.incoming', { callId: callIdAt(T0 + 12 * SECOND), ...at(12 * SECOND) })]);
    const end = said('ended', { durationSec: 7 });
    expect(matchCallback(end, [first, next], T0 + 13 * SECOND)?.call).toBe(first);
    expect(matchCallback(end, [next, first], T0 + 13 * SECOND)?.call).toBe(first);
    expect(matchCallback({ ...end, durationSec: 1 }, [first, next], T0 + 13 * SECOND)?.call).toBe(next);
    expect(matchCallback(end, [first, next], T0 + 40 * SECOND)?.call).toBe(next);
  });
});

describe('R46 by our own id, which the CTI sends back', () => {
  it('finds the call whatever the numbers say, and never another tenant’s or an unknown one', () => {
    const other = live([event('call.incoming', { callId: callIdAt(T0, 5) })]);
    const ended = saidOutbound('ended', { peer: '11', destination: '11', ourCallId: dialled.callId });
    expect(matchCallback(ended, [other, dialled], T0 + MINUTE)).toEqual({
      call: dialled,
      matchedBy: 'intent',
    });
    const unknown = saidOutbound('ended', { ourCallId: callIdAt(T0, 99) });
    expect(matchCallback(unknown, [dialled], T0 + MINUTE)?.matchedBy).toBe('numbers');
  });

  it('the CTI’s own id comes first', () => {
    const named = live([event('call.incoming', { callId: callIdAt(T0, 5), externalCallId: 'x1' })]);
    const both = saidOutbound('ended', { externalCallId: 'x1', ourCallId: dialled.callId });
    expect(matchCallback(both, [dialled, named], T0)).toMatchObject({
      call: named,
      matchedBy: 'external_id',
    });
  });
});

describe('internal calls', () => {
  const legs = [
    { ramal: '3502', user: 'bruno' },
    { ramal: '3501', user: 'ana' },
  ];
  const internal = {
    direction: 'internal',
    origin: '3501',
    destination: '3502',
    peer: '3501',
    legs,
  } as const;
  const requested = live([event('call.requested', { direction: 'internal', peer: '3502' })]);

  it('the callee’s callback finds the call that was dialled', () => {
    expect(matchCallback(said('incoming', internal), [requested], T0 + 40 * SECOND)?.call).toBe(requested);
    expect(matchCallback(said('ended', internal), [requested], T0 + MINUTE)?.call).toBe(requested);
  });

  it('a call to a third extension is another one', () => {
    const third = {
      ...internal,
      destination: '3503',
      legs: [
        { ramal: '3503', user: 'clara' },
        { ramal: '3501', user: 'ana' },
      ],
    };
    expect(matchCallback(said('incoming', third), [requested], T0)).toBeNull();
  });

  it('is never taken for a call with the outside', () => {
    expect(matchCallback(said('ended', internal), [dialled, ringing], T0)).toBeNull();
    expect(matchCallback(saidOutbound('ended'), [requested], T0)).toBeNull();
  });
});

describe('calls of nobody we know', () => {
  const foreign = {
    direction: 'unknown',
    legs: [],
    peer: undefined,
    origin: '4732100123',
    destination: '4733330000',
  } as const;
  const known = live([
    event('call.incoming', { ...foreign, legs: undefined, ramal: undefined, user: undefined }),
  ]);

  it('I3 told twice they are one call', () => {
    expect(matchCallback(said('incoming', foreign), [known], T0 + SECOND)?.call).toBe(known);
    expect(matchCallback(said('ended', foreign), [known], T0 + MINUTE)?.call).toBe(known);
  });

  it('both numbers count', () => {
    expect(matchCallback(said('ended', { ...foreign, destination: '4733330001' }), [known], T0)).toBeNull();
    expect(matchCallback(said('ended', { ...foreign, origin: undefined }), [known], T0)).toBeNull();
  });

  it('an agent’s call is not among them', () => {
    expect(
      matchCallback(said('ended', foreign), [ringing, live([event('call.ended', OUTBOUND)])], T0),
    ).toBeNull();
  });
});

describe('a callback that is told late', () => {
  const MUCH_LATER = 10 * MINUTE;
  const later = live([event('call.incoming', { callId: callIdAt(T0 + MUCH_LATER), at: T0 + MUCH_LATER })]);

  it('is about no call that began long after it was received', () => {
    for (const kind of ['incoming', 'answered', 'ended', 'recording'] as const)
      expect(matchCallback(said(kind), [later], T0)).toBeNull();
  });

  it('finds its own call among later ones, and one that its own later callbacks began', () => {
    expect(matchCallback(said('ended'), [later, ringing], T0 + 5 * SECOND)?.call).toBe(ringing);
    const overtaken = live([
      event('call.ended', { callId: callIdAt(T0 + 20 * SECOND), at: T0 + 20 * SECOND }),
    ]);
    expect(matchCallback(said('incoming'), [overtaken], T0)?.call).toBe(overtaken);
  });
});
