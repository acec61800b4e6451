export { type AddressPolicy, createAddressPolicy, type DeniedAddress } from './address-policy.ts';
export type { AddressKind } from './address-ranges.ts';
export { type AllowList, AllowListInvalidError, LOOPBACK, parseAllowList } from './allow-list.ts';
export type { OutboundTarget } from './connect-host.ts';
export { createOutbound, type Outbound, type OutboundOptions } from './create-outbound.ts';
export { OutboundFailedError, toErrorCode } from './errors.ts';
export type { FetchedResponse, FetchOptions } from './fetch-outbound.ts';
export { outboundEnv } from './outbound-env.ts';
export { type AddressesSkipped, createHostResolver, type HostResolver } from './resolve-host.ts';
