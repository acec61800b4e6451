import { findFreePort } from '@ramal/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { createCertificate } from '../test/create-certificate.ts';
import { startPbx, startTcp, type TestPbx } from '../test/start-pbx.ts';
import { connectCti } from './connect-cti.ts';
import { DialUnsentError } from './errors.ts';

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
      const connecting = connectCti({ protocol, host: '127.0.0.1', port: await findFreePort() }, 1_000);
      await expect(connecting).rejects.toMatchObject({ reason: 'cti_unreachable', why: 'ECONNREFUSED' });
      await expect(connecting).rejects.toBeInstanceOf(DialUnsentError);
    },
  );

  it('I1 a name that leads nowhere is unsent', async () => {
    const connecting = connectCti({ protocol: 'http', host: 'pbx.invalid', port: 80 }, 5_000);
    await expect(connecting).rejects.toBeInstanceOf(DialUnsentError);
  });

  it('I1 a handshake that never ends is unsent, in time', async () => {
    const mute = keep(await startTcp(() => undefined));
    const startedMs = performance.now();
    await expect(
      connectCti({ protocol: 'https', host: '127.0.0.1', port: mute.port }, 200),
    ).rejects.toMatchObject({
      why: 'CONNECT_TIMEOUT',
    });
    expect(performance.now() - startedMs).toBeLessThan(1_500);
  });

  it('I1 a handshake that is cut is unsent', async () => {
    const rude = keep(await startTcp((socket) => socket.destroy()));
    const connecting = connectCti({ protocol: 'https', host: '127.0.0.1', port: rude.port }, 2_000);
    await expect(connecting).rejects.toBeInstanceOf(DialUnsentError);
  });

  it('I1 something that speaks no TLS is unsent', async () => {
    const pbx = await pbxThat();
    const connecting = connectCti({ protocol: 'https', host: '127.0.0.1', port: pbx.port }, 2_000);
    await expect(connecting).rejects.toBeInstanceOf(DialUnsentError);
    expect(pbx.requests).toEqual([]);
  });

  const certificate = createCertificate();
  it.skipIf(certificate === null)(
    'I1 a certificate nobody vouches for is unsent: no credential leaves',
    async () => {
      const pbx = await pbxThat(undefined, certificate ?? undefined);
      const connecting = connectCti({ protocol: 'https', host: '127.0.0.1', port: pbx.port }, 2_000);
      await expect(connecting).rejects.toMatchObject({
        reason: 'cti_unreachable',
        why: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      });
      expect(pbx.requests).toEqual([]);
    },
  );

  it('a connection that is reset while nothing happens ends no process', async () => {
    const rude = keep(await startTcp((socket) => setTimeout(() => socket.resetAndDestroy(), 20)));
    const socket = await connectCti({ protocol: 'http', host: '127.0.0.1', port: rude.port }, 2_000);
    await new Promise((resolve) => socket.once('close', resolve));
    expect(socket.destroyed).toBe(true);
  });
});
