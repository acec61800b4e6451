import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { pid } from 'node:process';

/** This process, told apart from all others that ever ran; for a person to find it by, and without blanks. */
export function newGatewayId(): string {
  return `${hostname().replaceAll(/[^\w.-]/g, '_')}-${pid}-${randomBytes(4).toString('hex')}`;
}
