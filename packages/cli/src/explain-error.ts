import { CommandFailedError } from './usage-error.ts';

/** What PostgreSQL and the network say most often, and what to do about it. */
const ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED:
    'the database does not answer at that address: is it running? "npm start" starts one for development.',
  ENOTFOUND: "the database's host name is not known: check the address.",
  EAI_AGAIN: "the database's host name could not be looked up: check the address and the network.",
  ETIMEDOUT: 'the database does not answer: check the address, the network and the firewall.',
  '28P01': 'the database refuses the user or the password: check the address.',
  '28000': 'the database refuses this user: check the address and pg_hba.conf.',
  '3D000': 'there is no database of that name on the server: create it, then run "ramal migrate".',
  '42P01': 'a table is missing: run "ramal migrate" on this database.',
  '42703': 'a column is missing: run "ramal migrate", or add it to the customer\'s own table.',
  '42501': 'the database user may not do that: use one that owns the tables.',
  '55P03': 'the row is locked by someone else: try again later.',
};

/** Lines that say what went wrong and what to do. Values that were stored or to be stored are never repeated. */
export function explainError(error: unknown): string[] {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  if (first instanceof CommandFailedError) return [first.message];
  const code = toCode(first);
  const advice = code === undefined ? undefined : ADVICE[code];
  if (advice !== undefined) return [`ramal: ${advice} (${code})`];
  // SQLSTATE 22 and 23 messages quote the value, and a path may hold a key (I8).
  if (code !== undefined && /^2[23]...$/.test(code)) {
    return [`ramal: a column of the table does not take the value that belongs there (SQLSTATE ${code}).`];
  }
  const message = first instanceof Error ? first.message : String(first);
  return [`ramal: ${message}${code === undefined ? '' : ` (${code})`}`];
}

function toCode(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
