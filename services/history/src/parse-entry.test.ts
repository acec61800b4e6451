import { randomUUID } from 'node:crypto';
import { callEvent } from '@ramal/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { incoming } from '../test/open-test-history.ts';
import { parseEntry } from './parse-entry.ts';

const parse = (json: string) => parseEntry({ id: '1-0', kind: 'event', json });
const parseTraces = (json: string) => parseEntry({ id: '5000-0', kind: 'traces', json });

describe('an entry of the stream', () => {
  it('that is an event is that event', () => {
    const event = incoming();
    const json = JSON.stringify(event);
    expect(parse(json)).toEqual({ kind: 'event', id: '1-0', json, event });
  });

  it('of a newer version, with more in it, is the event we know of it', () => {
    const event = incoming();
    expect(parse(JSON.stringify({ ...event, mood: 'good' }))).toMatchObject({ kind: 'event', event });
  });

  it.each(['', '{', 'undefined', "{'a':1}", '\0', '{"a":1}}'])('%j is dead: not JSON', (json) => {
    expect(parse(json)).toMatchObject({ kind: 'dead', id: '1-0', json, reason: 'not_json' });
  });

  it.each(['null', '[]', '7', '"call.ended"', '{}', '{"type":"call.unheard-of"}', '{"type":"__proto__"}'])(
    '%s is dead: no event',
    (json) => {
      expect(parse(json)).toMatchObject({ kind: 'dead', json, reason: 'not_an_event' });
    },
  );

  it('I8 says what is wrong without saying whose number it was', () => {
    const entry = parse(
      JSON.stringify({ ...incoming(), peer: ['canary'], durationSec: 'canary', at: 'canary' }),
    );
    expect(entry).toMatchObject({ kind: 'dead', reason: 'not_an_event' });
    const detail = entry.kind === 'dead' ? entry.detail : '';
    expect(detail).toMatch(/at: .*peer: .*durationSec: /);
    expect(detail).not.toContain('canary');
    expect(detail.length).toBeLessThanOrEqual(1_000);
  });

  it('is never thrown about, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json({ maxDepth: 2 }),
          fc.string(),
          fc.uint8Array().map((bytes) => String.fromCharCode(...bytes)),
        ),
        (json) => {
          const entry = parse(json);
          expect(entry.json).toBe(json);
          if (entry.kind === 'event') expect(callEvent.parse(entry.event)).toEqual(entry.event);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('an entry of the stream that holds traces', () => {
  const { callId } = incoming();
  const trace = {
    traceId: randomUUID(),
    callId,
    step: 'job.queued',
    by: 'gateway@host',
    user: 'ana',
    ageMs: 150,
  };

  it('places each step in time, by the clock of the stream', () => {
    const json = JSON.stringify({ tenant: 'acme', traces: [trace, { ...trace, ageMs: 9_000 }] });
    const { ageMs: _, ...step } = trace;
    expect(parseTraces(json)).toEqual({
      kind: 'traces',
      id: '5000-0',
      json,
      tenant: 'acme',
      traces: [
        { ...step, tenant: 'acme', atMs: 4_850 },
        { ...step, tenant: 'acme', atMs: 0 },
      ],
    });
  });

  it.each([
    ['not JSON', '{', 'not_json'],
    ['an event', JSON.stringify(incoming()), 'not_traces'],
    [
      'no step we know',
      JSON.stringify({ tenant: 'acme', traces: [{ ...trace, step: 'unheard-of' }] }),
      'not_traces',
    ],
    ['nothing', JSON.stringify({ tenant: 'acme', traces: [] }), 'not_traces'],
  ])('is dead when it holds %s', (_, json, reason) => {
    expect(parseTraces(json)).toMatchObject({ kind: 'dead', json, reason });
  });
});
