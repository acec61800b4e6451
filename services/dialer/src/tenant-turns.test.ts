import { describe, expect, it } from 'vitest';
import { createTenantTurns, type Turn } from './tenant-turns.ts';

const LIMITS = { running: 2, waiting: 3, comeBackEveryMs: 10 };
/** Lets everybody go on who may. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

function open() {
  const turns = createTenantTurns(LIMITS);
  const begun: { name: string; end: Turn }[] = [];
  const sentBack: { name: string; inMs: number }[] = [];
  return {
    begun,
    sentBack,
    names: () => begun.map(({ name }) => name),
    async take(tenant: string, name: string, nowMs = 0) {
      void turns.take(tenant, nowMs).then((turn) => {
        if (typeof turn === 'function') begun.push({ name, end: turn });
        else sentBack.push({ name, inMs: turn.comeBackInMs });
      });
      await settled();
    },
  };
}

describe('a tenant’s turns', () => {
  it('are so many at a time, then come in order, and the rest comes back one after the other', async () => {
    const { begun, sentBack, names, take } = open();
    for (const name of ['1', '2', '3', '4', '5', '6', '7']) await take('acme', name);
    expect(names()).toEqual(['1', '2']);
    expect(sentBack).toEqual([
      { name: '6', inMs: 10 },
      { name: '7', inMs: 20 },
    ]);
    // Over twice is over once.
    begun[0]?.end();
    begun[0]?.end();
    await settled();
    expect(names()).toEqual(['1', '2', '3']);
    for (let i = 1; i < begun.length; i++) {
      begun[i]?.end();
      await settled();
    }
    expect(names()).toEqual(['1', '2', '3', '4', '5']);
    await take('acme', '8', 1_000);
    expect(names()).toEqual(['1', '2', '3', '4', '5', '8']);
  });

  it('are nobody else’s business', async () => {
    const { names, sentBack, take } = open();
    for (let i = 0; i < 50; i++) await take('acme', 'many');
    await take('globex', 'single');
    expect(names()).toEqual(['many', 'many', 'single']);
    expect(sentBack.at(-1)?.inMs).toBe(450);
  });
});
