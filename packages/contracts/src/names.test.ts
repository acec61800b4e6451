import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNames, escapeId } from './index.ts';

/** Ids as hostile as can be: key syntax, glob syntax, object internals, emoji and halves of them. */
const hostile = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.string({
      unit: fc.constantFrom(...Array.from(':{}*?[]%.!()\'"\\/#~_-aA0 \0\n')),
      maxLength: 8,
    }),
  },
  fc.constantFrom(
    '__proto__',
    'constructor',
    '{p0}',
    'p0',
    '%7B',
    '%u',
    '\u{1f600}',
    'ü',
    'u\u0308',
    '\ufffd',
  ),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
    .map((units) => String.fromCharCode(...units)),
  fc
    .array(fc.oneof(fc.integer({ min: 0xd800, max: 0xdfff }), fc.constantFrom(0x41, 0x25, 0x75)), {
      maxLength: 4,
    })
    .map((units) => String.fromCharCode(...units)),
);

const names = createNames();
const tenantKeys = (tenant: string, id: string, other: string) => [
  names.intent(tenant, id),
  names.call(tenant, id),
  names.ramalCalls(tenant, id),
  names.line(tenant, id, other),
  names.external(tenant, id),
  names.dedupe(tenant, id),
  names.webhookId(tenant, id),
  names.inbox(tenant, id),
  names.inboxMeta(tenant, id),
  names.popups(tenant, id),
  names.presence(tenant, id),
  names.agentChannel(tenant, id),
];

describe('escapeId', () => {
  it('threat 6 never makes two ids one', () => {
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        expect(escapeId(a) === escapeId(b)).toBe(a === b);
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves nothing of the key syntax, the glob syntax or beyond ASCII', () => {
    fc.assert(
      fc.property(hostile, (id) => {
        expect(escapeId(id)).toMatch(/^[A-Za-z0-9%_~-]*$/);
      }),
      { numRuns: 2_000 },
    );
  });

  it('spells half a surrogate pair instead of throwing, and not as the character that replaces it', () => {
    expect(escapeId('a\ud800')).toBe('a%uD800');
    expect(escapeId('\udc00\ud800')).toBe('%uDC00%uD800');
    expect(escapeId('%uD800')).toBe('%25uD800');
    expect(escapeId('\ufffd')).toBe('%EF%BF%BD');
    expect(escapeId('\u{1f600}')).toBe('%F0%9F%98%80');
  });
});

describe('the names of a deployment', () => {
  it('I6 no key of one tenant is ever a key of another, whatever their ids', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, hostile, (tenantA, idA, tenantB, idB) => {
        fc.pre(tenantA !== tenantB);
        const keysOfB = new Set(tenantKeys(tenantB, idB, idA));
        for (const key of tenantKeys(tenantA, idA, idB)) expect(keysOfB).not.toContain(key);
      }),
      { numRuns: 300 },
    );
  });

  it('two kinds of keys never meet, nor a tenant’s with those of its partition', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (tenant, id, other) => {
        const partition = names.partitionOf(tenant);
        const keys = [...tenantKeys(tenant, id, other), names.events(partition), names.dueIntents(partition)];
        expect(new Set(keys).size).toBe(keys.length);
      }),
    );
  });

  it('two lines never meet, whatever their extensions and far ends', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, hostile, (ramalA, peerA, ramalB, peerB) => {
        const same = ramalA === ramalB && peerA === peerB;
        expect(names.line('t', ramalA, peerA) === names.line('t', ramalB, peerB)).toBe(same);
      }),
    );
  });

  it('all keys of a tenant carry the hash tag of its partition, and no other', () => {
    fc.assert(
      fc.property(hostile, hostile, (tenant, id) => {
        const partition = names.partitionOf(tenant);
        const all = [...tenantKeys(tenant, id, id), names.events(partition), names.dueIntents(partition)];
        for (const key of all) {
          // A cluster takes what stands between the first `{` and the first `}` after it.
          expect(/\{([^}]*)\}/.exec(key)?.[1]).toBe(`p${partition}`);
          expect(key.startsWith(`ramal:{p${partition}}:`)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('a call’s key is its tenant’s prefix and its id, which is how scripts find it', () => {
    const id = '0190f3a0-0000-7000-8000-000000000000';
    expect(names.call('a:{b}', id)).toBe(names.callPrefix('a:{b}') + id);
  });

  it('a tenant stays in its partition for the life of the data', () => {
    // Written down from the first release: a change here would lose every live call at an upgrade.
    expect(['acme', 'globex', 'ação', '\u{1f600}'].map(names.partitionOf)).toEqual(PARTITIONS);
    expect(createNames(1).partitionOf('acme')).toBe(0);
  });

  it('spreads tenants over all partitions', () => {
    const counts = new Map<number, number>();
    for (let i = 0; i < 8_000; i++) {
      const partition = names.partitionOf(`tenant-${i}`);
      counts.set(partition, (counts.get(partition) ?? 0) + 1);
    }
    expect(counts.size).toBe(names.partitions);
    for (const count of counts.values()) expect(count).toBeGreaterThan(800);
  });
});

const PARTITIONS = [7, 6, 1, 0];
