import type { CtiField, CtiNoticeCode, CtiSettings } from '@ramal/cti';
import type { FindingCode } from '../check/finding.ts';
import { en } from './en.ts';
import { es } from './es.ts';
import { ptBr } from './pt-br.ts';

/**
 * Everything an administrator reads, in one language. `{name}` stands for a value, by the same names in every
 * language. Column and table names, credential names and commands stay as they are.
 */
export interface Catalog {
  /** What a configuration field is called, in front of what is said about it. */
  fields: Readonly<Record<CtiField, string>>;
  /** What is said about a field. */
  notices: Readonly<Record<CtiNoticeCode, string>>;
  /** What a setting must hold; `settings` is all of them together. */
  settings: Readonly<Record<keyof CtiSettings | 'settings', string>>;
  findings: Readonly<Record<FindingCode, string>>;
  severity: Readonly<Record<'problem' | 'warning', string>>;
  check: Readonly<
    Record<'title' | 'inOrder' | 'count' | 'example' | 'prefixed' | 'noExample' | 'noHeaders', string>
  >;
  /** Who may call back: `ramal callback-token` and `ramal callback-auth`. */
  callbacks: Readonly<
    Record<
      | 'tokenShown'
      | 'addresses'
      | 'othersEnd'
      | 'noTokens'
      | 'columnId'
      | 'columnName'
      | 'columnCreated'
      | 'columnUsed'
      | 'columnEnds'
      | 'columnState'
      | 'stateCounts'
      | 'stateEnding'
      | 'stateEnded'
      | 'stateRevoked'
      | 'tokenUnknown'
      | 'revoked'
      | 'protection'
      | 'networksAny'
      | 'networksOnly'
      | 'signingNone'
      | 'signingAsked'
      | 'basicNone'
      | 'basicAsked'
      | 'endsIn'
      | 'secretShown'
      | 'passwordShown'
      | 'masterKeyNeeded',
      string
    >
  >;
  convert: Readonly<
    Record<
      | 'title'
      | 'oldColumn'
      | 'newColumn'
      | 'value'
      | 'change'
      | 'kept'
      | 'converted'
      | 'added'
      | 'dropped'
      | 'stays'
      | 'noRow'
      | 'differs'
      | 'stored'
      | 'inserted'
      | 'replaced'
      | 'unchanged'
      | 'preview'
      | 'refusedRow'
      | 'refusedProblems',
      string
    >
  >;
}

export const CATALOGS = { 'pt-BR': ptBr, en, es } as const satisfies Record<string, Catalog>;

export type Language = keyof typeof CATALOGS;

/** Puts values into a text; a name without a value stays visible as it is. */
export function fill(text: string, values: Readonly<Record<string, string>> = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? whole) : whole,
  );
}
