import type { Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import {
  createCertificate,
  findFreePort,
  sleepUntil,
  startFakeDns,
  startPbx,
  startTcp,
  type TestPbx,
} from '@ramal/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { createAddressPolicy } from './address-policy.ts';
import { LOOPBACK, parseAllowList } from './allow-list.ts';
import { connectHost } from './connect-host.ts';
import { OutboundFailedError } from './errors.ts';
import { createHostResolver, type HostResolver } from './resolve-host.ts';

const certificateOfTest = createCertificate();
const policy = createAddressPolicy(parseAllowList(LOOPBACK));
const resolver = createHostResolver({ policy });
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});
const keep = <T extends { close(): Promise<void> }>(server: T): T => {
  open.push(server);
  return server;
};
const pbxThat = async (...args: Parameters<typeof startPbx>): Promise<TestPbx> =>
  keep(await startPbx(...args));

describe('connecting', () => {
  it.each(['http', 'https'] as const)(
    'I1 %s: where nobody listens the request is unsent',
    async (protocol) => {
      const connecting = connectHost(
        { protocol, host: '127.0.0.1', port: await findFreePort() },
        1_000,
        resolver,
      );
      await expect(connecting).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      await expect(connecting).rejects.toBeInstanceOf(OutboundFailedError);
    },
  );

  it('I1 a name that leads nowhere is unsent', async () => {
    const connecting = connectHost({ protocol: 'http', host: 'pbx.invalid', port: 80 }, 5_000, resolver);
    await expect(connecting).rejects.toBeInstanceOf(OutboundFailedError);
  });

  it('I1 a handshake that never ends is unsent, in time', async () => {
    const mute = keep(await startTcp(() => undefined));
    const startedMs = performance.now();
    await expect(
      connectHost({ protocol: 'https', host: '127.0.0.1', port: mute.port }, 200, resolver),
    ).rejects.toMatchObject({
      code: 'TLS_TIMEOUT',
    });
    expect(performance.now() - startedMs).toBeLessThan(4_500);
  });

  it('I1 a handshake that is cut is unsent', async () => {
    const rude = keep(await startTcp((socket) => socket.destroy()));
    const connecting = connectHost(
      { protocol: 'https', host: '127.0.0.1', port: rude.port },
      2_000,
      resolver,
    );
    await expect(connecting).rejects.toBeInstanceOf(OutboundFailedError);
  });

  it('I1 something that speaks no TLS is unsent', async () => {
    const pbx = await pbxThat();
    const connecting = connectHost({ protocol: 'https', host: '127.0.0.1', port: pbx.port }, 2_000, resolver);
    await expect(connecting).rejects.toBeInstanceOf(OutboundFailedError);
    expect(pbx.requests).toEqual([]);
  });

  it.skipIf(certificateOfTest === null)(
    'I1 a certificate nobody vouches for is unsent: no credential leaves',
    async () => {
      const pbx = await pbxThat(undefined, certificateOfTest ?? undefined);
      const connecting = connectHost(
        { protocol: 'https', host: '127.0.0.1', port: pbx.port },
        2_000,
        resolver,
      );
      await expect(connecting).rejects.toMatchObject({
        code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      });
      expect(pbx.requests).toEqual([]);
    },
  );

  it('a connection that is reset while nothing happens ends no process', async () => {
    const rude = keep(await startTcp((socket) => setTimeout(() => socket.resetAndDestroy(), 20)));
    const socket = await connectHost(
      { protocol: 'http', host: '127.0.0.1', port: rude.port },
      2_000,
      resolver,
    );
    await new Promise((resolve) => socket.once('close', resolve));
    expect(socket.destroyed).toBe(true);
  });
});

describe('a host of several addresses', () => {
  /** The addresses in this order, whatever the name. */
  const to = (...addresses: string[]): HostResolver => ({ resolve: async () => addresses });
  const target = (port: number) => ({ protocol: 'http', host: 'pbx.example', port }) as const;

  it.each([
    ['refuses', '127.0.0.2'],
    ['is of a family that leads nowhere', '2001:db8::1'],
    // Whether the network drops this one in silence or says so is its own affair.
    ['is dead', '192.0.2.1'],
  ])('is reached though the first one %s', async (_, dead) => {
    const pbx = await pbxThat();
    const socket = await connectHost(target(pbx.port), 5_000, to(dead, dead, '127.0.0.1'));
    expect(socket.remoteAddress).toBe('127.0.0.1');
    socket.destroy();
  });

  it('is unsent when none answers, each of them tried', async () => {
    const connecting = connectHost(target(await findFreePort()), 5_000, to('127.0.0.2', '127.0.0.3'));
    await expect(connecting).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('takes the first that is ready, and leaves the others', async () => {
    const seen: Socket[] = [];
    const pbx = keep(await startTcp((socket) => void seen.push(socket.resume())));
    const socket = await connectHost(target(pbx.port), 5_000, to('127.0.0.1', '127.0.0.1', '127.0.0.1'));
    await sleepUntil(() => seen.length > 0);
    socket.destroy();
    await sleepUntil(() => seen.every(({ destroyed, readableEnded }) => destroyed || readableEnded));
    expect(seen).toHaveLength(1);
  });

  it.skipIf(certificateOfTest === null)(
    'I1 one that takes connections and is mute does not eat the whole time; both are closed',
    async () => {
      const first: Socket[] = [];
      const mute = keep(await startTcp((socket) => void first.push(socket.resume()), '127.0.0.2'));
      const names: string[] = [];
      const tls = createTlsServer({
        ...certificateOfTest,
        SNICallback: (name, done) => {
          names.push(name);
          done(null);
        },
      });
      await new Promise<void>((resolve) => tls.listen(mute.port, '127.0.0.1', resolve));
      keep({ close: () => new Promise<void>((resolve) => tls.close(() => resolve())) });
      const connecting = connectHost(
        { ...target(mute.port), protocol: 'https' },
        3_000,
        to('127.0.0.2', '127.0.0.1'),
      );
      // The second one spoke, was asked for the host by its name, and had a certificate that is nobody's.
      await expect(connecting).rejects.toMatchObject({ code: 'TLS_TIMEOUT' });
      expect(names).toEqual(['pbx.example']);
      await sleepUntil(
        () => first.length === 1 && first.every((socket) => socket.readableEnded || socket.destroyed),
      );
    },
  );

  it('goes where DNS said once, and asks no second time', async () => {
    const dns = keep(await startFakeDns());
    const pbx = await pbxThat();
    dns.set('pbx.example', { a: ['127.0.0.1'], ttl: 300 });
    const own = createHostResolver({ policy, servers: [dns.server], inHostsFile: () => [] });
    for (let i = 0; i < 3; i++) {
      const socket = await connectHost(target(pbx.port), 2_000, own);
      expect(socket.remoteAddress).toBe('127.0.0.1');
      socket.destroy();
    }
    expect(dns.questions).toHaveLength(2);
  });

  it('I1 DNS that is mute, or knows no such name, is unsent, in time', async () => {
    const dns = keep(await startFakeDns());
    dns.set('mute.example', { mute: ['A', 'AAAA'] });
    const own = createHostResolver({ policy, servers: [dns.server], inHostsFile: () => [] });
    const reach = (host: string) => connectHost({ protocol: 'http', host, port: 80 }, 200, own);
    await expect(reach('mute.example')).rejects.toMatchObject({
      code: 'DNS_TIMEOUT',
    });
    await expect(reach('no.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(reach('no.example')).rejects.toBeInstanceOf(OutboundFailedError);
  });

  it('threat 2 one that is not allowed is not connected to', async () => {
    const pbx = await pbxThat();
    const strict = createHostResolver({ policy: createAddressPolicy() });
    const connecting = connectHost({ protocol: 'http', host: '127.0.0.1', port: pbx.port }, 2_000, strict);
    await expect(connecting).rejects.toMatchObject({ code: 'ADDRESS_DENIED' });
    expect(pbx.connections).toBe(0);
  });
});
