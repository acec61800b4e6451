/** What an address is for. Only `public` is reached without the operator's word. */
export type AddressKind =
  | 'public'
  | 'loopback'
  | 'private'
  /** Between a provider and its customers, and in some clouds and overlay networks. */
  | 'shared'
  | 'benchmark'
  | 'link_local'
  /** Where a cloud tells its machines their secrets. */
  | 'metadata'
  | 'unspecified'
  | 'multicast'
  | 'broadcast'
  | 'documentation'
  | 'reserved'
  /** Another address inside, where it ends is not ours to see. */
  | 'tunnel'
  /** No address in its usual writing. */
  | 'invalid';

/**
 * Who may open a kind (threat 2): `network`: any entry of the operator's list that covers it; `exact`: only an entry that
 * names this one address, for a broad list is not meant for it; `never`: nobody.
 */
export const OPENED_BY: Record<Exclude<AddressKind, 'public'>, 'network' | 'exact' | 'never'> = {
  loopback: 'network',
  private: 'network',
  shared: 'network',
  benchmark: 'network',
  link_local: 'exact',
  metadata: 'exact',
  unspecified: 'never',
  multicast: 'never',
  broadcast: 'never',
  documentation: 'never',
  reserved: 'never',
  tunnel: 'never',
  invalid: 'never',
};

/**
 * Every address has the kind of the narrowest range it is in. After the registries of special-purpose addresses (RFC 6890,
 * as of 2026), which say of each of these that it is not globally reachable, or that it has no use any more; and the
 * addresses at which clouds tell secrets, some of which are in networks that are allowed for good reasons.
 */
export const ADDRESS_RANGES: readonly (readonly [network: string, kind: AddressKind])[] = [
  ['0.0.0.0/0', 'public'],
  ['0.0.0.0/8', 'unspecified'], // "this network": Linux takes 0.0.0.0 for itself
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'shared'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link_local'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'reserved'], // IETF protocol assignments
  ['192.0.2.0/24', 'documentation'],
  ['192.88.99.0/24', 'tunnel'], // relays of 6to4
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'benchmark'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved'],
  ['255.255.255.255/32', 'broadcast'],

  ['169.254.169.254/32', 'metadata'], // nearly every cloud
  ['169.254.169.253/32', 'metadata'], // AWS: DNS
  ['169.254.169.123/32', 'metadata'], // AWS: time
  ['169.254.170.2/32', 'metadata'], // AWS: credentials of containers
  ['169.254.170.23/32', 'metadata'], // AWS: credentials of pods
  ['169.254.42.42/32', 'metadata'], // Scaleway
  ['169.254.0.23/32', 'metadata'], // Tencent
  ['100.100.100.200/32', 'metadata'], // Alibaba
  ['168.63.129.16/32', 'metadata'], // Azure: a public address that answers inside alone
  ['192.0.0.192/32', 'metadata'], // Oracle

  ['::/0', 'reserved'], // what is in no range below is nobody's yet
  ['2000::/3', 'public'],
  ['::/96', 'tunnel'], // IPv4-compatible
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['::ffff:0:0:0/96', 'tunnel'], // IPv4-translated
  ['64:ff9b:1::/48', 'tunnel'], // NAT64 of somebody's own
  ['100::/64', 'reserved'], // discarded
  ['2001::/23', 'reserved'], // IETF protocol assignments
  ['2001::/32', 'tunnel'], // Teredo
  ['2001:2::/48', 'benchmark'],
  ['2001:db8::/32', 'documentation'],
  ['2002::/16', 'tunnel'], // 6to4
  ['3fff::/20', 'documentation'],
  ['fc00::/7', 'private'],
  ['fe80::/10', 'link_local'],
  ['fec0::/10', 'reserved'], // site-local
  ['ff00::/8', 'multicast'],

  ['fd00:ec2::254/128', 'metadata'], // AWS
  ['fd00:ec2::253/128', 'metadata'], // AWS: DNS
  ['fd00:ec2::123/128', 'metadata'], // AWS: time
  ['fd00:ec2::23/128', 'metadata'], // AWS: credentials of pods
  ['fd00:c1::a9fe:a9fe/128', 'metadata'], // Oracle
  ['fd00:42::42/128', 'metadata'], // Scaleway
  ['fd20:ce::254/128', 'metadata'], // Google
  ['fe80::a9fe:a9fe/128', 'metadata'], // OpenStack
];
