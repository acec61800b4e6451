import { UsageError } from '../usage-error.ts';
import { CATALOGS, type Language } from './catalog.ts';

export const LANGUAGE_OPTION = {
  type: 'string',
  placeholder: 'LANGUAGE',
  help: 'pt-BR, en or es; default that of the environment (LC_ALL, LC_MESSAGES, LANG), else en',
} as const;

/** @throws UsageError for an option that is none of our languages */
export function chooseLanguage(
  env: Readonly<Record<string, string | undefined>>,
  option: string | undefined,
): Language {
  if (option !== undefined) {
    const chosen = (Object.keys(CATALOGS) as Language[]).find(
      (language) => language.toLowerCase() === option.toLowerCase(),
    );
    if (chosen !== undefined) return chosen;
    throw new UsageError(`--lang must be ${Object.keys(CATALOGS).join(', ')}.`);
  }
  const locale = [env['LC_ALL'], env['LC_MESSAGES'], env['LANG']].find(
    (value) => value !== undefined && value !== '',
  );
  const prefix = /^[a-z]+/i.exec(locale ?? '')?.[0].toLowerCase();
  return prefix === 'pt' ? 'pt-BR' : prefix === 'es' ? 'es' : 'en';
}
