import { Buffer } from 'node:buffer';
import { ramal as ramalSchema } from '@ramal/contracts';
import { UNSAFE_TEXT } from './column-text.ts';
import type { AuthMode } from './cti-fields.ts';
import {
  type CredentialField,
  CtiCredentialInvalidError,
  CtiCredentialsMissingError,
} from './originate-errors.ts';

/** A CRM user's own data at the CTI, in clear; blank counts as missing. */
export type CtiCredentials = { readonly [Field in CredentialField]?: string | null | undefined };

const NEEDED: Record<AuthMode, readonly CredentialField[]> = {
  1: ['ramal', 'agente', 'senha'],
  2: ['ramal', 'token'],
  3: ['ramal', 'token'],
  4: ['ramal', 'agente', 'senha', 'token'],
};

/** What a header's value may be: visible ASCII, blanks only inside, because receivers cut them off at the ends. */
const HEADER_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** Credentials as they go on the wire; `token` is "" but in mode 3. */
export interface WireCredentials {
  ramal: string;
  token: string;
  headers: Record<string, string>;
}

/**
 * Puts a user's credentials where the mode wants them (R31).
 * @throws CtiCredentialsMissingError when one that the mode needs is blank: never an unauthenticated request
 * @throws CtiCredentialInvalidError when one can't be sent as it is
 */
export function toWireCredentials(mode: AuthMode, credentials: CtiCredentials): WireCredentials {
  const get = (field: CredentialField): string => credentials[field] ?? '';
  const missing = NEEDED[mode].filter((field) => get(field).trim() === '');
  if (missing.length > 0) throw new CtiCredentialsMissingError(missing);
  for (const field of NEEDED[mode]) {
    if (UNSAFE_TEXT.test(get(field))) throw new CtiCredentialInvalidError(field, 'holds a control character');
  }
  if (!ramalSchema.safeParse(get('ramal')).success) {
    throw new CtiCredentialInvalidError('ramal', 'is not an extension of 1 to 20 digits, * or #');
  }
  const headers: Record<string, string> = {};
  if (mode === 1 || mode === 4) headers.Authorization = toBasic(get('agente'), get('senha'));
  if (mode === 2 || mode === 4) headers.token_auth = toHeaderValue('token', get('token'));
  return { ramal: get('ramal'), token: mode === 3 ? get('token') : '', headers };
}

function toBasic(agente: string, senha: string): string {
  // The receiver splits at the first colon: part of the login would become part of the password.
  if (agente.includes(':')) throw new CtiCredentialInvalidError('agente', 'holds a colon');
  return `Basic ${Buffer.from(`${agente}:${senha}`, 'utf8').toString('base64')}`;
}

function toHeaderValue(field: CredentialField, value: string): string {
  if (!HEADER_VALUE.test(value)) throw new CtiCredentialInvalidError(field, 'does not fit into a header');
  return value;
}
