import type { CtiConfig } from '@ramal/cti';
import type { AddressPolicy } from '@ramal/outbound';
import { type Finding, tenantFinding } from './finding.ts';

const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/**
 * Whether the CTI's address is one that the dialer refuses (threat 2). Nobody is asked: a name that DNS knows may lead
 * anywhere and is judged at each call. A warning, for the dialer's environment decides, and need not be this one.
 */
export function findAddressFindings(config: CtiConfig | null, policy: AddressPolicy): Finding[] {
  if (config === null) return [];
  const { host, protocol } = config;
  const isLocalhost = /(^|\.)localhost$/i.test(host);
  if (!isLocalhost && !host.includes(':') && !/^[\d.]+$/.test(host)) return [];
  const denied = policy.judge(isLocalhost ? '127.0.0.1' : host, config.port ?? DEFAULT_PORTS[protocol]);
  if (denied === null) return [];
  return [tenantFinding('warning', 'cti_address_denied', { address: host, kind: denied.kind })];
}
