import type { HttpMethod, HttpProtocol } from './cti-fields.ts';
import { type CtiCredentials, toWireCredentials } from './cti-credentials.ts';
import { type DialledNumber, toDialledNumber } from './dialled-number.ts';
import { normalizeNumber } from './normalize-number.ts';
import type { CtiConfig } from './read-cti-row.ts';
import { encodeUrlValue } from './url-value.ts';

/** The one HTTP request that makes a CTI start a call. It has no body, with POST neither (R23). */
export interface OriginateRequest extends DialledNumber {
  method: HttpMethod;
  /** Exactly `protocol://host[:port]path` (R32). */
  url: string;
  protocol: HttpProtocol;
  /** To resolve and connect to; an IPv6 address without brackets. */
  host: string;
  /** To connect to: the configured port, or the protocol's default. */
  port: number;
  /** The request target: path and query, from the leading slash on. */
  path: string;
  /** Only what authenticates the user. */
  headers: Record<string, string>;
}

export interface OriginateInput {
  config: CtiConfig;
  credentials: CtiCredentials;
  /** As stored or typed; punctuation is taken out, and where the tenant opted in it is normalised (R34). */
  number: string;
  /** Whether the number is an internal ramal (R33): it gets no prefix. */
  internal: boolean;
  /** Told to a CTI that sends it back with its callbacks (`callIdName`). */
  callId?: string;
}

/**
 * Builds the request, byte for byte `$protocolo://$ip:$porta/$caminho?$nomeOrigem=$ramal&$nomeDestino=$phone$tokenUrl`
 * (R14, R32), and behind it our call id where the tenant's CTI sends it back.
 * @throws CtiCredentialsMissingError, CtiCredentialInvalidError, NumberNotDiallableError
 */
export function buildOriginate(input: OriginateInput): OriginateRequest {
  const { config, credentials, number, internal, callId } = input;
  const { method, protocol, host, port } = config;
  const { ramal, token, headers } = toWireCredentials(config.authMode, credentials);
  const asDialled = normalizeNumber(number, config.numbering, internal).dialled;
  const { dialled, prefix } = toDialledNumber(asDialled, config, internal);
  const variables: [string, string][] = [
    [config.originName, ramal],
    [config.destinationName, dialled],
  ];
  if (token !== '') variables.push(['token', token]);
  const { callIdName } = config.callback;
  // The CTI would see only one of two variables with one name, and needs the others more.
  const taken = variables.some(([name]) => name === callIdName);
  if (callIdName !== '' && callId !== undefined && !taken) variables.push([callIdName, callId]);
  const query = variables.map((pair) => pair.map(encodeUrlValue).join('=')).join('&');
  const path = `/${config.path}${joiner(config.path)}${query}`;
  const authority = `${host.includes(':') ? `[${host}]` : host}${port === null ? '' : `:${port}`}`;
  return {
    method,
    url: `${protocol}://${authority}${path}`,
    protocol,
    host,
    port: port ?? (protocol === 'https' ? 443 : 80),
    path,
    headers,
    dialled,
    prefix,
  };
}

/** R7: a query that's already there goes on with `&`. */
function joiner(path: string): '' | '?' | '&' {
  if (!path.includes('?')) return '?';
  return path.endsWith('?') || path.endsWith('&') ? '' : '&';
}
