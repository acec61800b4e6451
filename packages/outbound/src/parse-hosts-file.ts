import { isIP } from 'node:net';

/** The addresses of each name in a hosts file, names in lower case. Lines that make no sense are skipped. */
export function parseHostsFile(text: string): ReadonlyMap<string, readonly string[]> {
  const addresses = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*$/, '').trim().split(/\s+/);
    // An address with a zone (`fe80::1%lo0`) means something on one link only.
    if (isIP(address) === 0 || address.includes('%')) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      const known = addresses.get(key) ?? [];
      if (!known.includes(address)) addresses.set(key, [...known, address]);
    }
  }
  return addresses;
}
