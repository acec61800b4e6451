import { describe, expect, it } from 'vitest';
import { buildCall, buildPopup } from '../../test/build-messages.ts';
import { createEmitter } from '../emitter.ts';
import type { Popup, Ready, ServerEvent, Standing } from '../wire.ts';
import { AgentState, type StateEvents } from './agent-state.ts';
import { OwnDial } from './dial.ts';

function openState() {
  let now = 1_000;
  const told: string[] = [];
  const emitter = createEmitter<StateEvents>();
  emitter.on('popup.show', ({ popup, standing }) =>
    told.push(`show ${popup.popupId}${standing ? ' standing' : ''}`),
  );
  emitter.on('popup.update', ({ popup }) => told.push(`update ${popup.popupId}`));
  emitter.on('popup.hide', ({ popup, because }) => told.push(`hide ${popup.popupId} ${because}`));
  emitter.on('popup.claim', ({ popup }) => told.push(`claim ${popup.popupId} ${String(popup.claimed)}`));
  emitter.on('resync', () => told.push('resync'));
  const state = new AgentState({ emitter, now: () => now, onNextExpiry: () => undefined });
  const event = (seq: number, op: string, data: object, claimed?: boolean) =>
    state.apply({ op, seq, ts: now, data, claimed } as ServerEvent);
  const ready = (over: Partial<Ready> = {}) =>
    state.apply({
      op: 'ready',
      ts: now,
      data: {
        agent: { tenant: 'demo', user: 'ana', ramal: '3501' },
        cti: { enabled: true, state: 'ok' },
        calls: [],
        popups: [],
        claimed: [],
        resume: { epoch: 'e1', seq: 0, status: 'fresh' },
        heartbeatMs: 25_000,
        ...over,
      },
    });
  return { state, told, event, ready, at: (ms: number) => (now = ms) };
}

const popup = (popupId: string, over: Partial<Popup> = {}) =>
  buildPopup({ popupId, expiresAt: 5_000, ...over });

describe('what a tab knows of its agent', () => {
  it('I5 hears each event of the inbox once, however often it comes', () => {
    const { state, told, event, ready } = openState();
    ready();
    expect(event(1, 'popup.show', popup('a'), true)).toBe(true);
    expect(event(1, 'popup.show', popup('a'), true)).toBe(false);
    expect(told).toEqual(['show a']);
    expect(state.position.point).toEqual({ epoch: 'e1', seq: 1 });
  });

  it('I5 shows nothing that has run out, and takes away what does', () => {
    const { state, told, event, ready, at } = openState();
    ready();
    event(1, 'popup.show', popup('late', { expiresAt: 1_000 }), true);
    event(2, 'popup.show', popup('a'), true);
    at(5_000);
    state.popups.sweep();
    expect(told).toEqual(['show a', 'hide a expired']);
    event(3, 'popup.update', popup('a', { expiresAt: 9_000 }));
    event(4, 'popup.show', popup('a', { expiresAt: 9_000 }), true);
    expect(told).toHaveLength(2);
  });

  it('I5 shows a pop-up once across a reconnect, with what became of it and of its claim', () => {
    const { told, event, ready } = openState();
    ready();
    event(1, 'popup.show', popup('a'), true);
    ready({
      popups: [popup('a', { state: 'answered' }), popup('b')],
      claimed: ['b'],
      resume: { epoch: 'e1', seq: 1, status: 'resumed' },
    });
    expect(told).toEqual(['show a', 'claim a false', 'update a', 'show b']);
  });

  it('never brings back what was dismissed, not even by all that stands', () => {
    const { told, event, ready } = openState();
    ready();
    event(1, 'popup.show', popup('a'), true);
    event(2, 'popup.hide', { ...popup('a'), hidden: 'dismissed' });
    ready({ popups: [popup('a')], claimed: ['a'], resume: { epoch: 'e1', seq: 2, status: 'lost' } });
    expect(told).toEqual(['show a', 'hide a dismissed', 'resync']);
  });

  it('replaces what it knew when events are lost, and says so', () => {
    const { state, told, event, ready } = openState();
    ready();
    event(1, 'call.created', buildCall({ callId: 'gone' }));
    event(2, 'popup.show', popup('gone'), true);
    const standing: Standing = {
      calls: [buildCall({ callId: 'new' })],
      popups: [popup('new')],
      claimed: [],
      resume: { epoch: 'e2', seq: 7, status: 'lost' },
    };
    state.apply({ op: 'resync', ts: 1, data: standing });
    expect(state.calls.calls.list.map(({ callId }) => callId)).toEqual(['new']);
    expect(told).toEqual(['show gone', 'hide gone lost', 'show new', 'resync']);
    expect(state.position.point).toEqual({ epoch: 'e2', seq: 7 });
  });

  it('R44 keeps calls that have not ended, and puts a late recording on the end pop-up', () => {
    const { state, event, ready } = openState();
    ready();
    event(1, 'call.created', buildCall());
    event(2, 'popup.show', popup('end', { kind: 'end' }), true);
    event(3, 'call.ended', buildCall({ state: 'ended' }));
    event(4, 'call.updated', buildCall({ state: 'ended', durationSec: 9 }));
    event(5, 'recording.ready', { callId: 'call-1', recording: 'https://pbx.example/1.wav' });
    expect(state.calls.calls.list).toEqual([]);
    expect(state.popups.popups.get('end')?.recording).toBe('https://pbx.example/1.wav');
  });

  it('ignores what is newer than itself, and still counts it', () => {
    const { state, event, ready } = openState();
    ready();
    event(1, 'call.transferred', {});
    expect(state.position.point?.seq).toBe(1);
  });

  it('settles a dial by its first event as by its ack, and by its call when events were lost', async () => {
    const { state, event, ready } = openState();
    ready();
    const [heard, rings, gone] = ['heard', 'rings', 'gone'].map(
      (id) => new OwnDial(id, '190', async () => undefined),
    );
    for (const dial of [heard, rings, gone]) if (dial !== undefined) state.dials.add(dial);
    event(1, 'dial.queued', { intentId: 'heard', callId: 'c1' });
    await heard?.acknowledged;
    event(2, 'dial.failed', { intentId: 'heard', callId: 'c1', reason: 'canceled_by_agent' });
    await expect(heard?.final).resolves.toMatchObject({ state: 'canceled', callId: 'c1' });
    event(3, 'dial.queued', { intentId: 'rings', callId: 'c2' });
    event(4, 'dial.queued', { intentId: 'gone', callId: 'c3' });
    ready({
      calls: [buildCall({ callId: 'c2', intentId: 'rings' })],
      resume: { epoch: 'e2', seq: 0, status: 'lost' },
    });
    await expect(rings?.final).resolves.toMatchObject({ state: 'accepted' });
    await expect(gone?.final).resolves.toMatchObject({ state: 'uncertain', reason: 'events_lost' });
  });

  it('takes a second click for the first one', () => {
    const { state } = openState();
    const [first, second] = ['first', 'second'].map(
      (id) => new OwnDial(id, '190', async () => undefined),
    ) as [OwnDial, OwnDial];
    state.dials.add(first);
    state.dials.acked(first, { intentId: 'first', callId: 'c1' });
    state.dials.add(second);
    expect(state.dials.acked(second, { intentId: 'first', callId: 'c1' })).toBe(first);
    expect(state.dials.get('second')).toBe(first);
  });
});
