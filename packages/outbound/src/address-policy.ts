import { toAddressKind, toPlainAddress } from './address-kind.ts';
import type { AddressKind } from './address-ranges.ts';
import { type AllowList, isOpenedBy } from './allow-list.ts';
import { readIpAddress } from './ip-address.ts';

/** An address that nothing is sent to, and what it is. */
export interface DeniedAddress {
  address: string;
  kind: AddressKind;
}

/** Decides which addresses may be connected to. Pure: it asks nobody. */
export interface AddressPolicy {
  /** Null where the address may be connected to at this port. */
  judge(address: string, port: number): DeniedAddress | null;
}

/**
 * Public addresses, and what the operator's list opens (threat 2). Without a list nothing that is near: neither this
 * machine nor a private network.
 */
export function createAddressPolicy(allow: AllowList = []): AddressPolicy {
  return {
    judge(text, port) {
      const given = readIpAddress(text);
      if (given === null) return { address: text, kind: 'invalid' };
      const address = toPlainAddress(given);
      const kind = toAddressKind(address);
      return kind === 'public' || isOpenedBy(allow, address, port) ? null : { address: text, kind };
    },
  };
}
