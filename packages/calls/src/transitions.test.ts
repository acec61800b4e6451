import { callEvent, callState } from '@ramal/contracts';
import { describe, expect, it } from 'vitest';
import { type Phase, STATE_OF, TRANSITIONS } from './transitions.ts';

const phases = Object.keys(TRANSITIONS) as Phase[];
const facts = callEvent.options.flatMap(({ shape: { type } }) =>
  'value' in type ? [type.value] : [...type.options],
);
const states = callState.options;

describe('I4 the table of transitions', () => {
  it('has a cell for every phase and every fact of the contract', () => {
    expect(facts.length).toBeGreaterThan(10);
    for (const phase of phases)
      expect(Object.keys(TRANSITIONS[phase]).toSorted(), phase).toEqual(facts.toSorted());
  });

  it('two facts bring a call to the same phase in either order, and a fact told twice changes nothing', () => {
    for (const phase of phases) {
      for (const a of facts) {
        const once = TRANSITIONS[phase][a];
        expect(TRANSITIONS[once][a], `${phase}, ${a} twice`).toBe(once);
        for (const b of facts)
          expect(TRANSITIONS[once][b], `${phase}, ${a}, ${b}`).toBe(TRANSITIONS[TRANSITIONS[phase][b]][a]);
      }
    }
  });

  it('ended takes no more', () => {
    for (const fact of facts) expect(TRANSITIONS.ended[fact]).toBe('ended');
  });

  it('no fact takes a call back, but for the CTI’s word against our own verdict', () => {
    for (const phase of phases) {
      for (const fact of facts) {
        const [from, to] = [STATE_OF[phase], STATE_OF[TRANSITIONS[phase][fact]]];
        if (phase === 'untold' || phase === 'gave_up') continue;
        expect(states.indexOf(to), `${phase}, ${fact}`).toBeGreaterThanOrEqual(states.indexOf(from));
      }
    }
  });

  it.each(['call.incoming', 'call.answered'] as const)('%s disproves a dial that came to nothing', (fact) => {
    expect(STATE_OF[TRANSITIONS.gave_up[fact]]).not.toBe('ended');
  });

  it('a call that was closed for want of an end is only ended by its end', () => {
    for (const fact of facts)
      expect(TRANSITIONS.reaped[fact]).toBe(fact === 'call.ended' ? 'ended' : 'reaped');
  });
});
