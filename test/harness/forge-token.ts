import { createHmac } from 'node:crypto';
import { AGENT_TOKEN } from '@ramal/contracts';

const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token made by hand: right in every way but the one that is asked for. */
export function forgeToken(header: object, claims: object, secret: string | null): string {
  const nowSec = Math.floor(Date.now() / 1000);
  const payload = {
    sub: 'ana',
    tenant: 'demo',
    ramal: '3501',
    iss: AGENT_TOKEN.issuer,
    aud: AGENT_TOKEN.audience,
    iat: nowSec,
    exp: nowSec + 600,
    ...claims,
  };
  const signed = `${base64({ typ: 'JWT', ...header })}.${base64(payload)}`;
  const signature = secret === null ? '' : createHmac('sha256', secret).update(signed).digest('base64url');
  return `${signed}.${signature}`;
}
