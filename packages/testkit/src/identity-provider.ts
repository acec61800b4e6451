import { generateKeyPairSync, type JsonWebKey, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A CRM's identity provider: it publishes keys and signs tokens with them (ES256). */
export interface IdentityProvider {
  /** Where its keys are. */
  readonly url: string;
  /** How often they were asked for. */
  asked(): number;
  /** Publishes one key more; the newest signs. */
  addKey(kid: string): void;
  /** Publishes it no longer. */
  withdrawKey(kid: string): void;
  /** A token with any claims, and any header on top of its own. */
  sign(claims: object, header?: object): string;
  close(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1, with the key `k1`. */
export async function startIdentityProvider(): Promise<IdentityProvider> {
  const keys = new Map<string, ReturnType<typeof createKey>>([['k1', createKey('k1')]]);
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.setHeader('content-type', 'application/jwk-set+json');
    response.end(JSON.stringify({ keys: Array.from(keys.values(), ({ jwk }) => jwk) }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/jwks`,
    asked: () => asked,
    addKey: (kid) => void keys.set(kid, createKey(kid)),
    withdrawKey: (kid) => void keys.delete(kid),
    sign(claims, header = {}) {
      const newest = [...keys.values()].at(-1);
      if (newest === undefined) throw new Error('the provider has no key');
      const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const text = `${base64url({ alg: 'ES256', kid: newest.kid, ...header })}.${base64url(claims)}`;
      const signature = sign('sha256', Buffer.from(text), {
        key: newest.privateKey,
        dsaEncoding: 'ieee-p1363',
      });
      return `${text}.${signature.toString('base64url')}`;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function createKey(kid: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk: JsonWebKey = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
  return { kid, privateKey, jwk };
}
