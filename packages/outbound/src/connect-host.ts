import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { OutboundFailedError, toErrorCode } from './errors.ts';
import type { HostResolver } from './resolve-host.ts';

/** Where a connection goes to. */
export interface OutboundTarget {
  protocol: 'http' | 'https';
  /** A name or an address. */
  host: string;
  port: number;
}

/** After so long without a connection the next address is tried beside this one (RFC 8305), in ms. */
const STAGGER_MS = 250;
/** The same for an address that took the connection and is still at its handshake. */
const HANDSHAKE_STAGGER_MS = 1_000;

/**
 * Opens a connection for one request, TLS handshake included: whatever fails here, nothing of the request has left (I1).
 * Connections are never kept for a second request, whose host would not be judged again, and of whose reset one could not
 * say what it means.
 *
 * The host's addresses are tried one beside the other, a little apart, and the first that is ready wins: a dead address
 * costs a quarter of a second, not the request. The connection goes to an address that the resolver allowed, never to the
 * name again (threat 2); the certificate is checked against the name.
 * @param timeoutMs for all of it: DNS, connect, handshake
 * @throws OutboundFailedError the resolver's, CONNECT_TIMEOUT, TLS_TIMEOUT, or the system's own code
 */
export async function connectHost(
  target: OutboundTarget,
  timeoutMs: number,
  resolver: HostResolver,
): Promise<Socket> {
  const startedMs = performance.now();
  const addresses = await resolver.resolve(target, timeoutMs);
  return connectFirst(target, addresses, Math.max(1, timeoutMs - (performance.now() - startedMs)));
}

/** Races the addresses; the losers are closed. */
function connectFirst(
  target: OutboundTarget,
  addresses: readonly string[],
  timeoutMs: number,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const waiting = [...addresses];
    const tried = new Set<Socket>();
    let shakingHands = 0;
    let stagger: NodeJS.Timeout | undefined;

    const end = (winner: Socket | null): void => {
      clearTimeout(stagger);
      clearTimeout(timer);
      for (const socket of tried) if (socket !== winner) socket.destroy();
      tried.clear();
    };
    const fail = (why: string): void => {
      end(null);
      reject(new OutboundFailedError(why));
    };
    const timer = setTimeout(() => fail(shakingHands > 0 ? 'TLS_TIMEOUT' : 'CONNECT_TIMEOUT'), timeoutMs);
    const tryNextIn = (ms: number): void => {
      clearTimeout(stagger);
      if (waiting.length > 0) stagger = setTimeout(tryNext, ms);
    };
    const tryNext = (): void => {
      const address = waiting.shift();
      if (address === undefined) return;
      const socket = open(target, address);
      tried.add(socket);
      // Stays for good: between here and the request somebody must listen, or a reset would end the process.
      socket.on('error', () => undefined);
      let connected = false;
      const onFailed = (why: string): void => {
        // Told once, by the error or by a close without one.
        if (!tried.delete(socket)) return;
        if (connected) shakingHands -= 1;
        socket.destroy();
        if (tried.size === 0 && waiting.length === 0) fail(why);
        else tryNextIn(0);
      };
      const onError = (error: Error): void => onFailed(toErrorCode(error));
      const onClose = (): void => onFailed('CLOSED');
      socket.once('error', onError).once('close', onClose);
      if (target.protocol === 'https') {
        socket.once('connect', () => {
          connected = true;
          shakingHands += 1;
          tryNextIn(HANDSHAKE_STAGGER_MS);
        });
      }
      socket.once(target.protocol === 'https' ? 'secureConnect' : 'connect', () => {
        socket.off('error', onError).off('close', onClose);
        end(socket);
        socket.setNoDelay(true);
        resolve(socket);
      });
      tryNextIn(STAGGER_MS);
    };
    tryNext();
  });
}

/** By address: a look-up of its own would be one that nobody checked. */
function open({ protocol, host, port }: OutboundTarget, address: string): Socket {
  return protocol === 'https'
    ? connectTls({ host: address, port, ...(isIP(host) === 0 ? { servername: host } : {}) })
    : connectTcp({ host: address, port });
}
