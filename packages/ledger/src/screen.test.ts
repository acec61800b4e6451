import type { Popup } from '@ramal/contracts';
import type { ServerEvent } from '@ramal/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { createScreen, type Screen } from './screen.ts';

const agent = { tenant: 'acme', user: 'ana', ramal: '3501' };
const NOW = 1_800_000_000_000;
const popup = (change: Partial<Popup> = {}): Popup => ({
  popupId: 'p1',
  kind: 'end',
  callId: 'c1',
  direction: 'inbound',
  state: 'ended',
  peer: { raw: '4730000001', e164: null, display: '4730000001' },
  ramal: '3501',
  startedAt: NOW,
  expiresAt: NOW + 120_000,
  ...change,
});
const event = (op: string, seq: number, data: object) =>
  ({ op, seq, ts: NOW, data }) as unknown as ServerEvent;
const ready = (status: string, popups: Popup[] = [], seq = 0) =>
  ({
    op: 'ready',
    ts: NOW,
    data: { agent, popups, calls: [], resume: { epoch: 'e', seq, status } },
  }) as unknown as ServerEvent;

let faults: string[];
let screen: Screen;
const receive = (...events: ServerEvent[]) => {
  for (const one of events) screen.receive(one, NOW);
};
beforeEach(() => {
  faults = [];
  screen = createScreen(agent, (fault) => faults.push(fault));
  receive(ready('fresh'));
});

describe('a screen', () => {
  it('takes an ordinary life of a pop-up, and one that still stands after a reconnect', () => {
    receive(event('popup.show', 1, popup()), event('popup.update', 2, popup()));
    receive(ready('resumed', [popup()], 2), event('popup.hide', 3, popup()));
    expect(faults).toEqual([]);
    expect(screen.resumeAt()).toEqual({ epoch: 'e', seq: 3 });
    expect(screen.popups.get('p1')).toMatchObject({ over: 'hidden' });
  });

  it('tells a pop-up that is shown while it stands', () => {
    receive(event('popup.show', 1, popup()), event('popup.show', 2, popup()));
    expect(faults).toEqual(['shownTwice']);
  });

  it.each([
    ['popup.show', () => event('popup.show', 3, popup())],
    ['ready', () => ready('resumed', [popup()], 2)],
    ['resync', () => event('resync', 3, { popups: [popup()], calls: [], resume: { epoch: 'f', seq: 9 } })],
  ])('tells a hidden pop-up that comes back by %s', (_, comeBack) => {
    receive(event('popup.show', 1, popup()), event('popup.hide', 2, popup()), comeBack());
    expect(faults).toEqual(['shownTwice']);
  });

  it('tells a closed pop-up that comes back in the answer to sync', () => {
    receive(event('popup.show', 1, popup()));
    screen.dismissed('p1');
    screen.synced({ popups: [popup()], resume: { epoch: 'e', seq: 1, status: 'fresh' } }, NOW);
    expect(faults).toEqual(['shownTwice']);
  });

  it('takes what stands after a loss, and knows that the rest is over', () => {
    receive(event('popup.show', 1, popup()), event('popup.show', 2, popup({ popupId: 'p2' })));
    receive(ready('lost', [popup()], 7));
    expect(faults).toEqual([]);
    expect(screen.popups.get('p2')?.over).toBe('replaced');
    expect(screen.resumeAt()).toEqual({ epoch: 'e', seq: 7 });
  });

  it('tells a pop-up that ran out before it was shown', () => {
    screen.receive(event('popup.show', 1, popup()), NOW + 126_000);
    receive(event('popup.show', 2, popup({ popupId: 'p2', expiresAt: NOW })));
    expect(faults).toEqual(['afterExpiry', 'afterExpiry']);
  });

  it('tells a pop-up of another extension, and a seq that goes back', () => {
    receive(event('popup.show', 5, popup({ ramal: '3502' })), event('call.updated', 5, { callId: 'c1' }));
    expect(faults).toEqual(['foreign', 'outOfOrder']);
  });

  it('tells a resume from another place than asked for', () => {
    receive(event('popup.show', 1, popup()), ready('resumed', [], 0));
    expect(faults).toEqual(['outOfOrder']);
  });
});
