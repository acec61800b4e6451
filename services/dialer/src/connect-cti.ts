import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { OriginateRequest } from '@ramal/cti';
import { DialUnsentError, toErrorCode } from './errors.ts';

/**
 * Opens the connection an originate will go over, TLS handshake included, before anything is recorded as
 * sent: every failure here is provably unsent (I1). Each originate gets a connection of its own, because a
 * reset on a used one would say nothing about the request.
 * @throws DialUnsentError
 */
export function connectCti(
  request: Pick<OriginateRequest, 'protocol' | 'host' | 'port'>,
  timeoutMs: number,
): Promise<Socket> {
  const { protocol, host, port } = request;
  return new Promise((resolve, reject) => {
    const socket =
      protocol === 'https'
        ? connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}) })
        : connectTcp({ host, port });
    const timer = setTimeout(
      () => fail(new DialUnsentError('cti_unreachable', 'CONNECT_TIMEOUT')),
      timeoutMs,
    );
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.on('error', () => undefined).destroy();
      reject(error);
    };
    const onError = (error: Error) => fail(new DialUnsentError('cti_unreachable', toErrorCode(error)));
    socket.once('error', onError);
    socket.once(protocol === 'https' ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      socket.off('error', onError);
      // Between here and the request somebody must listen, or a reset would end the process.
      socket.on('error', () => undefined);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}
