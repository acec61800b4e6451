import { externalCallId } from '@ramal/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnswerRules } from './answer-rules.ts';
import { readAnswer } from './index.ts';

const json = fc.json({ maxDepth: 4 });
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  fc.string({ unit: 'binary', maxLength: 200 }).map((text) => new TextEncoder().encode(text)),
  json.map((text) => new TextEncoder().encode(text)),
  fc.tuple(json, fc.nat({ max: 20 })).map(([text, cut]) => new TextEncoder().encode(text.slice(0, -cut))),
);
const id: fc.Arbitrary<AnswerRules['id']> = fc.oneof(
  fc.constant('' as const),
  fc
    .array(fc.oneof(fc.constantFrom('', '0', 'a', '~0', '~1', '__proto__', 'length'), fc.string()), {
      minLength: 1,
    })
    .map((steps) => ({
      pointer: `/${steps.join('/')}`,
    })),
  fc.constantFrom('x-id', '__proto__', 'constructor').map((header) => ({ header })),
  fc.record({ before: fc.string({ maxLength: 3 }), after: fc.string({ maxLength: 3 }) }),
);
const reasons: fc.Arbitrary<AnswerRules['reasons']> = fc.array(
  fc.tuple(
    fc.string({ minLength: 1, maxLength: 2 }),
    fc.constantFrom('cti_busy' as const, 'ramal_busy' as const),
  ),
  { maxLength: 3 },
);
const headers = fc.record(
  {
    'content-type': fc.oneof(
      fc.constantFrom('application/json', 'text/html; charset=iso-8859-1'),
      fc.string(),
    ),
    'content-encoding': fc.constantFrom('gzip', '', 'identity'),
    'x-id': fc.oneof(fc.string(), fc.array(fc.string())),
  },
  { requiredKeys: [] },
);

describe('whatever an answer holds', () => {
  it('it is read without an error, to an id that is one and a reason that was asked for', () => {
    let ids = 0;
    let found = 0;
    fc.assert(
      fc.property(
        bytes,
        headers,
        id,
        reasons,
        fc.integer({ min: 0, max: 999 }),
        (body, heads, rule, texts, status) => {
          const read = readAnswer(
            { status: status % 2 === 0 ? 200 : status, headers: heads, body },
            { id: rule, reasons: texts },
          );
          if (read.externalCallId !== undefined) {
            ids += 1;
            expect(externalCallId.safeParse(read.externalCallId).success).toBe(true);
            expect(read.externalCallId).not.toMatch(/[\p{Cc}\p{Cs}]/u);
            expect(read.reason).toBeUndefined();
          }
          if (read.reason !== undefined) found += 1;
        },
      ),
      { numRuns: 4_000 },
    );
    expect(ids).toBeGreaterThan(100);
    expect(found).toBeGreaterThan(100);
  });

  it('a JSON text or whole number is found as it is written', () => {
    const value = fc.oneof(fc.bigInt({ min: 0n, max: 10n ** 60n }), fc.stringMatching(/^[!-~]{1,60}$/));
    fc.assert(
      fc.property(value, fc.string(), (wanted, key) => {
        const written = typeof wanted === 'bigint' ? String(wanted) : JSON.stringify(wanted);
        const text = `{"other":[1,"2\\"",3.0],${JSON.stringify(key)}:{"x":${written}}}`;
        fc.pre(key !== 'other');
        const pointer = `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}/x`;
        const body = new TextEncoder().encode(text);
        const read = readAnswer({ status: 200, headers: {}, body }, { id: { pointer }, reasons: [] });
        expect(read.externalCallId).toBe(String(wanted));
      }),
      { numRuns: 2_000 },
    );
  });

  it('64 KiB of the worst are read without a stop', () => {
    const worst = [
      '"\\"'.repeat(21_845),
      '[{"a":'.repeat(10_922),
      '&#1'.repeat(21_845),
      '\\u000'.repeat(10_922),
      ' '.repeat(65_536),
    ];
    const rules: AnswerRules = { id: { pointer: '/a' }, reasons: [['zz', 'cti_busy']] };
    for (const text of [...worst, `"${'\\"'.repeat(32_000)}"`, `[${'1,'.repeat(32_000)}1]`]) {
      const body = new TextEncoder().encode(text);
      expect(readAnswer({ status: 404, headers: {}, body }, rules)).toEqual({});
      expect(readAnswer({ status: 200, headers: {}, body }, rules)).toEqual({});
    }
  });
});
