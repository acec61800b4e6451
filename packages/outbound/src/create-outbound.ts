import type { Socket } from 'node:net';
import { createAddressPolicy } from './address-policy.ts';
import type { AllowList } from './allow-list.ts';
import { connectHost, type OutboundTarget } from './connect-host.ts';
import { type FetchedResponse, type FetchOptions, fetchOutbound } from './fetch-outbound.ts';
import { type AddressesSkipped, createHostResolver, type HostResolver } from './resolve-host.ts';

/** The one door to addresses that a tenant, or anybody but the operator, has named (threat 2). */
export interface Outbound {
  /** A connection for one request. @throws OutboundFailedError, after `timeoutMs` at the latest */
  connect(target: OutboundTarget, timeoutMs: number): Promise<Socket>;
  /** `GET`s a URL. @throws OutboundFailedError, after `timeoutMs` at the latest */
  fetchOutbound(url: string, options: FetchOptions): Promise<FetchedResponse>;
}

export interface OutboundOptions {
  /** The operator's: `OUTBOUND_ALLOW` as `outboundEnv` reads it. Public addresses alone without it. */
  allow?: AllowList;
  /** Told of a host some of whose addresses were refused; where all were, the error says which. */
  onSkipped?: (fields: AddressesSkipped) => void;
  /** Instead of one of its own. */
  resolver?: HostResolver;
}

/** One a process: its cache of names is what keeps one tenant's slow DNS from the others. */
export function createOutbound({ allow = [], onSkipped, resolver: given }: OutboundOptions = {}): Outbound {
  const policy = createAddressPolicy(allow);
  const resolver = given ?? createHostResolver({ policy, onSkipped });
  const connect: Outbound['connect'] = (target, timeoutMs) => connectHost(target, timeoutMs, resolver);
  return { connect, fetchOutbound: (url, options) => fetchOutbound(url, options, connect) };
}
