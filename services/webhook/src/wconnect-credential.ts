import { WireError } from '@ramal/runtime';
import type { TenantProfile } from '@ramal/store';
import type { Variable } from './read-variables.ts';
import { readParameter } from './wconnect-variables.ts';

/** Where a request to `/wconnect/*` may carry its callback token. */
export interface CredentialSources {
  /** The part of the address, `/wconnect/{callbackToken}/...`. */
  pathToken: string | undefined;
  /** Query, form, JSON and SOAP, header entries too. */
  variables: readonly Variable[];
  /** `Bearer <token>`, or Basic with the token as password. */
  authorization: string | undefined;
}

/** Longer than any token that was ever given out. */
const LONGEST_TOKEN = 200;

/**
 * The tenant of a request: the credential's, and never the payload's, which may only agree with it (I6). Of several
 * credentials the first valid one counts, since a Basic password may be for a proxy in front.
 * @throws WireError `auth_required`, `auth_failed`, `tenant_disabled` or `forbidden`
 */
export async function authenticate(
  findByToken: (token: string) => Promise<TenantProfile | null>,
  sources: CredentialSources,
): Promise<TenantProfile> {
  const profile = await findProfile(findByToken, sources);
  const { tenant, empresaId, active } = profile.tenant;
  if (!active) throw new WireError('tenant_disabled', 'this company is not active');
  const claims = readParameter(sources.variables, 'tenant');
  if (claims.some((claim) => claim !== tenant && claim !== String(empresaId))) {
    throw new WireError('forbidden', 'the tenant of the request is not the one of its token');
  }
  return profile;
}

async function findProfile(
  findByToken: (token: string) => Promise<TenantProfile | null>,
  sources: CredentialSources,
): Promise<TenantProfile> {
  const { pathToken, variables, authorization } = sources;
  const given = [pathToken, ...readParameter(variables, 'token'), toToken(authorization ?? '')];
  const tokens = given.filter((token) => token !== undefined);
  if (tokens.length === 0) {
    throw new WireError(
      'auth_required',
      'send the callback token: in the address, as the parameter token, as Bearer token or as Basic password',
    );
  }
  for (const token of tokens) {
    const profile = token.length > LONGEST_TOKEN ? null : await findByToken(token);
    if (profile !== null) return profile;
  }
  throw new WireError('auth_failed', 'this callback token is not valid (any more)');
}

function toToken(authorization: string): string | undefined {
  const [, scheme = '', value = ''] = /^(bearer|basic) +(\S+)$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  const password = Buffer.from(value, 'base64')
    .toString('utf8')
    .replace(/^[^:]*:?/, '');
  return password === '' ? undefined : password;
}
