import type { AuthMode } from './cti-fields.ts';
import { type CtiCredentials, toWireCredentials } from './cti-credentials.ts';
import {
  type CredentialField,
  CtiCredentialInvalidError,
  CtiCredentialsMissingError,
} from './originate-errors.ts';

/** What keeps a user from being authenticated (R31); names the field, never its value. */
export interface CredentialProblem {
  field: CredentialField;
  kind: 'missing' | 'invalid';
}

/** Fits every field, so that what stands behind a faulty one is looked at too. */
const STAND_IN = '0';

/** Everything that is wrong with a user's credentials at once; a request stops at the first (R31). */
export function findCredentialProblems(mode: AuthMode, credentials: CtiCredentials): CredentialProblem[] {
  const problems: CredentialProblem[] = [];
  const candidate: Record<string, string | null | undefined> = { ...credentials };
  for (;;) {
    const found = findFirst(mode, candidate);
    if (found.length === 0) return problems;
    problems.push(...found);
    for (const { field } of found) candidate[field] = STAND_IN;
  }
}

function findFirst(mode: AuthMode, credentials: CtiCredentials): CredentialProblem[] {
  try {
    toWireCredentials(mode, credentials);
    return [];
  } catch (error) {
    if (error instanceof CtiCredentialsMissingError) {
      return error.missing.map((field) => ({ field, kind: 'missing' }));
    }
    if (error instanceof CtiCredentialInvalidError) return [{ field: error.field, kind: 'invalid' }];
    throw error;
  }
}
