import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConnectionEvent, type ConnectionState, toStep } from './connection-table.ts';

const EVENTS: ConnectionEvent[] = [
  'start',
  'token_came',
  'token_missing',
  'token_denied',
  'opened',
  'ready',
  'lost',
  'refused',
  'draining',
  'hurry',
  'due',
  'overdue',
  'stop',
];

interface Model {
  state: ConnectionState;
  /** A socket is open, or being opened. */
  socket: boolean;
}

/** What the world does to a connection in which these events happen. */
function play(events: readonly ConnectionEvent[]): Model {
  const model: Model = { state: 'idle', socket: false };
  for (const event of events) {
    // A socket tells nothing that is not there.
    const ofSocket = ['opened', 'ready', 'lost', 'refused', 'draining'].includes(event);
    if (ofSocket && !model.socket) continue;
    const step = toStep(model.state, event);
    if (event === 'lost' || event === 'refused') model.socket = false;
    if (step === null) continue;
    model.state = step.to;
    for (const effect of step.effects) {
      if (effect === 'openSocket') {
        if (model.socket) throw new Error('two sockets at once');
        model.socket = true;
      }
      if (effect === 'dropSocket') model.socket = false;
    }
  }
  return model;
}

describe('the table of a connection', () => {
  it('never has two sockets, keeps one exactly where it says so, and stops from everywhere', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...EVENTS), { maxLength: 40 }), (events) => {
        const { state, socket } = play(events);
        expect(socket).toBe(['opening', 'greeting', 'connected', 'draining'].includes(state));
        expect(['idle', 'failed']).toContain(play([...events, 'stop']).state.replace('failed', 'idle'));
      }),
      { numRuns: 300 },
    );
  });

  it('comes back by itself from every loss, and from no refusal', () => {
    for (const state of ['opening', 'greeting', 'connected', 'draining'] as const) {
      const lost = toStep(state, 'lost');
      expect(['scheduleRetry', 'askToken']).toContain(lost?.effects.at(-1));
      expect(toStep(state, 'refused')).toEqual({ to: 'failed', effects: [] });
    }
    const wakes = EVENTS.filter((event) => event !== 'start' && toStep('failed', event)?.to === 'token');
    expect(wakes).toEqual([]);
  });
});
