import { toAddressKind, toPlainAddress } from './address-kind.ts';
import { OPENED_BY } from './address-ranges.ts';
import { type IpAddress, type IpNetwork, isInNetwork, readIpNetwork, WIDTH } from './ip-address.ts';

/** A network that the operator lets requests go to, at one port or at all (null). */
interface AllowedNetwork {
  network: IpNetwork;
  port: number | null;
}

/** The operator's list, never a tenant's (threat 2). */
export type AllowList = readonly AllowedNetwork[];

/** This machine, as development and tests allow it. */
export const LOOPBACK = '127.0.0.0/8,::1';

/** The list holds something that is no address or network, or opens nothing; `message` names it. */
export class AllowListInvalidError extends Error {
  readonly code = 'allow_list_invalid';
}

/**
 * Reads networks and addresses separated by commas or blanks: `10.20.0.0/16`, `192.168.1.5`, `192.168.1.5:8080`,
 * `[fd00::5]:443`. No names: whoever answers for a name would be let in.
 * @throws AllowListInvalidError
 */
export function parseAllowList(text: string): AllowList {
  return text
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(parseEntry);
}

/** Whether the list opens this address at this port. A network opens nothing of the kinds that must be named one by one. */
export function isOpenedBy(list: AllowList, address: IpAddress, port: number): boolean {
  const kind = toAddressKind(address);
  const openedBy = kind === 'public' ? 'network' : OPENED_BY[kind];
  if (openedBy === 'never') return false;
  return list.some(
    (entry) =>
      (entry.port === null || entry.port === port) &&
      (openedBy === 'network' || isSingle(entry.network)) &&
      isInNetwork(address, entry.network),
  );
}

function parseEntry(entry: string): AllowedNetwork {
  const withPort = /^(?:\[([^\]/]*)\]|([^:/]*)):(\d{1,5})$/.exec(entry);
  const network = readIpNetwork(withPort?.[1] ?? withPort?.[2] ?? entry.replace(/^\[([^\]]*)\]$/, '$1'));
  if (network === null) {
    throw new AllowListInvalidError(
      `${entry} is no address or network such as 10.20.0.0/16, 192.168.1.5, 192.168.1.5:8080 or [fd00::5]:443`,
    );
  }
  if (toPlainAddress(network) !== network) {
    throw new AllowListInvalidError(`${entry} is an IPv4 address: write it as one`);
  }
  const port = withPort === null ? null : Number(withPort[3]);
  if (port !== null && (port < 1 || port > 65_535)) {
    throw new AllowListInvalidError(`${entry} has no port from 1 to 65535`);
  }
  const kind = toAddressKind(network);
  if (isSingle(network) && kind !== 'public' && OPENED_BY[kind] === 'never') {
    throw new AllowListInvalidError(`${entry} can't be allowed: it is ${kind}`);
  }
  return { network, port };
}

function isSingle({ family, bits }: IpNetwork): boolean {
  return bits === WIDTH[family];
}
