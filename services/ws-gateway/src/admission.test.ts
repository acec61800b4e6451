import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AdmissionLimits, type AdmittedSocket, createAdmission } from './admission.ts';

const NONE: AdmissionLimits = {
  socketsPerIp: 0,
  unauthenticated: 0,
  unauthenticatedPerIp: 0,
  handshakesPerMinutePerIp: 0,
  socketsPerTenant: 0,
};
const open = (limits: Partial<AdmissionLimits>, now = () => 0) =>
  createAdmission({ ...NONE, ...limits }, now);

function admitted(admission: ReturnType<typeof open>, address = '192.0.2.1'): AdmittedSocket {
  const socket = admission.admit(address);
  if ('refused' in socket) throw new Error(`refused: ${socket.refused}`);
  return socket;
}

describe('threat 9 what a gateway takes on', () => {
  it('without limits is everything', () => {
    const admission = open({});
    for (let i = 0; i < 5_000; i++) expect(admitted(admission).enter('demo')).toBe(true);
    expect(admission.counts()).toEqual({ open: 5_000, unauthenticated: 0 });
  });

  it('of one address is so many sockets, until one of them goes', () => {
    const admission = open({ socketsPerIp: 2 });
    const first = admitted(admission);
    admitted(admission, '::ffff:192.0.2.1').enter('demo');
    expect(admission.admit('192.0.2.1')).toEqual({ refused: 'sockets_per_ip', retryAfterMs: 1_000 });
    admitted(admission, '192.0.2.2');
    first.release();
    first.release();
    admitted(admission);
    expect(admission.admit('192.0.2.1')).toMatchObject({ refused: 'sockets_per_ip' });
  });

  it('of strangers is so many, in all and of one address, until they are somebody’s', () => {
    const admission = open({ unauthenticated: 3, unauthenticatedPerIp: 2 });
    const first = admitted(admission);
    admitted(admission);
    expect(admission.admit('192.0.2.1')).toMatchObject({ refused: 'unauthenticated_per_ip' });
    first.enter('demo');
    admitted(admission);
    admitted(admission, '192.0.2.2');
    expect(admission.admit('192.0.2.3')).toMatchObject({ refused: 'unauthenticated' });
    // Logged out, it is a stranger again; nobody is thrown out for that.
    first.leave();
    expect(admission.counts()).toEqual({ open: 4, unauthenticated: 4 });
  });

  it('of handshakes of one address is a minute’s worth at once, and says when the next may come', () => {
    let nowMs = 0;
    const admission = open({ handshakesPerMinutePerIp: 30 }, () => nowMs);
    for (let i = 0; i < 30; i++) admitted(admission).release();
    expect(admission.admit('192.0.2.1')).toEqual({ refused: 'handshakes_per_ip', retryAfterMs: 2_000 });
    admitted(admission, '2001:db8::1');
    nowMs = 2_000;
    admitted(admission);
  });

  it('of one company is so many sockets, whatever it is called, and a socket too many stays nobody’s', () => {
    const admission = open({ socketsPerTenant: 1 });
    const first = admitted(admission);
    const second = admitted(admission);
    expect([first.enter('__proto__'), second.enter('__proto__'), second.enter('other')]).toEqual([
      true,
      false,
      true,
    ]);
    // Whoever is in already may say so again.
    expect(first.enter('__proto__')).toBe(true);
    first.leave();
    expect(second.enter('__proto__')).toBe(true);
    expect(admission.counts()).toEqual({ open: 2, unauthenticated: 1 });
  });

  it('a herd of a whole call centre behind one address comes back at once under the recommended limits', () => {
    const admission = open({
      socketsPerIp: 10_000,
      unauthenticatedPerIp: 4_000,
      handshakesPerMinutePerIp: 6_000,
    });
    for (let round = 0; round < 2; round++) {
      const herd = Array.from({ length: 2_000 }, () => admitted(admission));
      for (const socket of herd) socket.enter('demo');
      for (const socket of herd) socket.release();
    }
  });

  it('forgets everything about sockets that are gone, in whatever order things happen to them', () => {
    const step = fc.record({
      socket: fc.nat(3),
      what: fc.constantFrom('enter', 'leave', 'release'),
      tenant: fc.nat(2),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const admission = open({ socketsPerTenant: 2 });
        const sockets = Array.from({ length: 4 }, () => admitted(admission));
        for (const { socket, what, tenant } of steps) {
          if (what === 'enter') sockets[socket]?.enter(`t${tenant}`);
          else sockets[socket]?.[what as 'leave' | 'release']();
          const { open: all, unauthenticated } = admission.counts();
          expect(unauthenticated).toBeGreaterThanOrEqual(0);
          expect(unauthenticated).toBeLessThanOrEqual(all);
        }
        for (const socket of sockets) socket.release();
        expect(admission.counts()).toEqual({ open: 0, unauthenticated: 0 });
        // Every company has its whole quota again.
        const [first, second] = [admitted(admission), admitted(admission)];
        expect(['t0', 't1', 't2'].every((t) => first.enter(t) && second.enter(t))).toBe(true);
      }),
    );
  });
});
