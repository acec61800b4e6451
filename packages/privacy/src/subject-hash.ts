import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { type Person, toPeerKey } from '@ramal/calls';

/**
 * How a person is named in the audit log: a user by name, which the log stores by reference; a number by a keyed hash of
 * what all its spellings share, so that entries about it are found again by who knows it and holds the key. Null for a
 * number where there is no key: without one a hash of a telephone number hides nothing.
 */
export type SubjectOf = (tenant: string, person: Person) => string | null;

/** @param masterKey 32 bytes; null without one */
export function createSubjectOf(masterKey: Buffer | null): SubjectOf {
  const key =
    masterKey === null ? null : Buffer.from(hkdfSync('sha256', masterKey, '', 'ramal audit subject v1', 32));
  const keyId = key === null ? '' : createHash('sha256').update(key).digest('hex').slice(0, 8);
  return (tenant, person) => {
    if (person.kind === 'user') return `user ${person.user}`;
    if (key === null) return null;
    const hash = createHmac('sha256', key)
      .update(JSON.stringify([tenant, toPeerKey(person.number)]))
      .digest('hex');
    return `number hmac:${keyId}:${hash.slice(0, 32)}`;
  };
}
