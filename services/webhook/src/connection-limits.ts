import type { Server, Socket } from 'node:net';

export interface ConnectionLimits {
  /** All connections of the process. */
  most: number;
  /** Of one address; null behind proxies, whose address all of them have. */
  mostPerAddress: number | null;
}

/**
 * Closes connections beyond the limits as they come, before a byte is read (threat 9). One that is closed so has sent
 * no callback yet: its CTI sees a refused connection and tries again.
 */
export function limitConnections(
  server: Server,
  { most, mostPerAddress }: ConnectionLimits,
  onShed: (limit: 'connections' | 'address_connections') => void,
): void {
  server.maxConnections = most;
  server.on('drop', () => onShed('connections'));
  if (mostPerAddress === null) return;
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const before = open.get(address) ?? 0;
    if (before >= mostPerAddress) {
      onShed('address_connections');
      socket.destroy();
      return;
    }
    open.set(address, before + 1);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  });
}
