import { callEvent } from '@ramal/contracts';
import { describe, expect, it } from 'vitest';
import { event, live, OUTBOUND, said, T0 } from '../test/build-events.ts';
import { toDeliveries } from './agent-messages.ts';
import { matchCallback } from './match-callback.ts';
import { planReap, toReapAt } from './plan-reap.ts';
import { reduceCall } from './reduce-call.ts';

const at = (seconds: number) => ({ at: T0 + seconds * 1_000 });
const HOUR = 60 * 60 * 1_000;
const answered = live([event('call.incoming'), event('call.answered', at(5))]);

describe('when a call may be closed for want of an end', () => {
  it.each([
    ['as long after its last word as the tenant says', answered.events, T0 + 5_000 + HOUR],
    ['also one that was only dialled', [event('call.requested')], T0 + HOUR],
    ['never once it has ended', [event('call.ended')], null],
    ['not a dial that failed', [event('call.requested'), event('dial.failed')], null],
    ['once', [event('call.incoming'), event('call.reaped', at(HOUR / 1_000))], null],
    [
      'soon, where one phone of a group was told to have stopped',
      [
        event('call.incoming'),
        event('call.incoming', { ramal: '3502', user: 'bruno' }),
        event('call.ended', at(20)),
      ],
      T0 + 140_000,
    ],
  ])('%s', (_, events, when) => {
    expect(toReapAt(events, HOUR)).toBe(when);
  });
});

describe('a call that was closed for want of an end', () => {
  const commit = planReap('acme', answered, T0 + 4 * HOUR);
  const reaped = live(commit.events);

  it('is over and unknown, and how long it took too', () => {
    expect(callEvent.parse(commit.events.at(-1))).toEqual(commit.events.at(-1));
    expect(reduceCall(commit.events)).toMatchObject({
      state: 'ended',
      result: 'unknown',
      durationSec: null,
      endedAt: T0 + 4 * HOUR,
    });
  });

  it('goes from the screens without a pop-up of its own', () => {
    expect(commit.deliveries).toMatchObject([
      {
        user: 'ana',
        messages: [
          { op: 'call.ended' },
          { op: 'popup.hide', data: { kind: 'start' } },
          { op: 'popup.hide', data: { kind: 'incoming' } },
        ],
      },
    ]);
  });

  it('is closed by one event, whoever plans it and when', () => {
    const other = planReap('acme', answered, T0 + 4 * HOUR + 900);
    expect(other.commitId).toBe(commit.commitId);
  });

  it('R44 is corrected by a late end, which shows its pop-up', () => {
    const late = said('ended', { durationSec: 15_000 });
    expect(matchCallback(late, [reaped], T0 + 5 * HOUR)?.call).toBe(reaped);
    const end = event('call.ended', { at: T0 + 5 * HOUR, durationSec: 15_000 });
    expect(reduceCall([...commit.events, end])).toMatchObject({
      result: 'completed',
      durationSec: 15_000,
      endedAt: T0 + 5 * HOUR,
    });
    const [delivery] = toDeliveries(commit.events, end, new Set(['ana']));
    expect(delivery?.messages.map(({ op }) => op)).toEqual([
      'call.updated',
      'popup.hide',
      'popup.hide',
      'popup.show',
    ]);
  });

  it('keeps what is known of a dial that failed all the same', () => {
    const failed = [event('call.requested'), event('dial.failed', at(1)), event('call.reaped', at(9))];
    expect(reduceCall(failed)).toMatchObject({ state: 'ended' });
    const group = [
      event('call.incoming'),
      event('call.incoming', { ramal: '3502', user: 'bruno' }),
      event('call.ended', at(20)),
      event('call.reaped', at(200)),
    ];
    expect(reduceCall(group)).toMatchObject({ state: 'ended', result: 'missed' });
  });

  it('an outgoing call the CTI never spoke of ends as unknown', () => {
    const dialled = [event('call.requested'), event('dial.accepted', at(1))];
    const { events } = planReap('acme', live(dialled), T0 + 4 * HOUR);
    expect(reduceCall(events)).toMatchObject({ state: 'ended', result: 'unknown', reason: null });
    expect(reduceCall([...events, event('call.ended', { ...OUTBOUND, ...at(20_000) })]).result).toBe(
      'no_answer',
    );
  });
});
