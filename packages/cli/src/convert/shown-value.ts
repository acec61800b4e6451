import { CONFIGURACAO_CTI_COLUMNS, EMPRESAS_COLUMNS, maskPath } from '@ramal/cti';

const FIELDS: Readonly<Record<string, string>> = { ...EMPRESAS_COLUMNS, ...CONFIGURACAO_CTI_COLUMNS };

/**
 * A stored value as it may be shown: keys in a path's query and a user:password before a host are hidden (I8).
 * Anything but text, a number, a boolean or null becomes text.
 */
export function toShownValue(column: string, value: unknown): string | number | boolean | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  const text = typeof value === 'string' ? value : JSON.stringify(value, toJsonSafe);
  const field = Object.hasOwn(FIELDS, column) ? FIELDS[column] : undefined;
  if (field === 'path') return maskPath(text.replace(/\/\/[^/@]*@/g, '//***@'));
  return field === 'host' ? text.replace(/^.*@/s, '***@') : text;
}

function toJsonSafe(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
