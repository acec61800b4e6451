import {
  buildOriginate,
  type CtiConfig,
  isInternalRamal,
  maskOriginate,
  NumberNotDiallableError,
  type OriginateRequest,
} from '@ramal/cti';
import type { CheckedUser } from './find-user-findings.ts';

/** The manual's example number (R14). */
const EXAMPLE_NUMBER = '4732100123';

/** The request that a user's call would make, fit to be shown. */
export interface ExampleRequest {
  user: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  prefix: string;
}

/**
 * Nothing is sent; secrets and all but two digits of the number are hidden (I8).
 * @returns null where the settings make a number that no call can be made to (R34), such as a prefix before a `+`
 */
export function toExampleRequest(
  config: CtiConfig,
  { user, credentials }: CheckedUser,
): ExampleRequest | null {
  const internal = isInternalRamal(EXAMPLE_NUMBER, {
    registered: false,
    ramalMaxDigits: config.ramalMaxDigits,
  });
  let request: OriginateRequest;
  try {
    request = buildOriginate({ config, credentials, number: EXAMPLE_NUMBER, internal });
  } catch (error) {
    if (error instanceof NumberNotDiallableError) return null;
    throw error;
  }
  const { method, url, headers, prefix } = maskOriginate(request);
  return { user, method, url, headers, prefix };
}
