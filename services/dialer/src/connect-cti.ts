import type { Socket } from 'node:net';
import type { OriginateRequest } from '@ramal/cti';
import { type Outbound, OutboundFailedError, toErrorCode } from '@ramal/outbound';
import { CtiAddressDeniedError, DialUnsentError } from './errors.ts';

type Target = Pick<OriginateRequest, 'protocol' | 'host' | 'port'>;

/**
 * Opens the connection an originate will go over, TLS handshake included, before anything is recorded as sent: every
 * failure here is provably unsent (I1).
 * @param timeoutMs for all of it: DNS, connect, handshake
 * @throws CtiAddressDeniedError when the address is none that may be asked (threat 2); a retry would not change that
 * @throws DialUnsentError whose `why` is DNS_TIMEOUT, CONNECT_TIMEOUT or TLS_TIMEOUT, or the error's own code
 */
export async function connectCti(
  { protocol, host, port }: Target,
  timeoutMs: number,
  outbound: Pick<Outbound, 'connect'>,
): Promise<Socket> {
  try {
    return await outbound.connect({ protocol, host, port }, timeoutMs);
  } catch (error) {
    if (error instanceof OutboundFailedError && error.code === 'ADDRESS_DENIED') {
      throw new CtiAddressDeniedError({ host, port, denied: error.denied });
    }
    throw new DialUnsentError('cti_unreachable', toErrorCode(error));
  }
}
