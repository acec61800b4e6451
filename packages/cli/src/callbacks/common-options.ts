import { DATABASE_URL_OPTION } from '../database-url.ts';
import { LANGUAGE_OPTION } from '../locale/choose-language.ts';

export const COMMON_OPTIONS = {
  lang: LANGUAGE_OPTION,
  json: { type: 'boolean', help: 'the answer as JSON' },
  'database-url': DATABASE_URL_OPTION,
} as const;
