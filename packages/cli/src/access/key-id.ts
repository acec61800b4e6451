import { UsageError } from '../usage-error.ts';

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** @throws UsageError */
export function parseKeyId(text: string | undefined): string {
  if (text !== undefined && UUID.test(text)) return text;
  throw new UsageError('a key goes by its id, as "ramal api-key list" shows it.');
}
