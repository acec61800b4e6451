import { DICTIONARIES, type Language } from './language.ts';
import type { Texts } from './texts.ts';

/** The words of one language. */
export interface Speech {
  readonly language: Language;
  /** `{name}` in a text stands for the value of that name. */
  say(key: keyof Texts, values?: Readonly<Record<string, string>>): string;
  /** The words of a code, or `fallback` where the code is newer than this package. */
  code(
    kind: 'status' | 'kind' | 'state' | 'result' | 'reason' | 'error' | 'hint',
    code: string,
    fallback?: string,
  ): string;
  /** What a person is told of something that failed. */
  error(problem: unknown): string;
}

export function speak(language: Language): Speech {
  const texts = DICTIONARIES[language];
  const code: Speech['code'] = (kind, name, fallback = name) => {
    const key = `${kind}.${name}`;
    // Codes come from outside: `constructor` is none.
    return Object.hasOwn(texts, key) ? texts[key as keyof Texts] : fallback;
  };
  return {
    language,
    say: (key, values = {}) => texts[key].replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? ''),
    code,
    error: (problem) => {
      const { code: name } = (problem ?? {}) as { code?: unknown };
      return code('error', typeof name === 'string' ? name : 'internal_error', texts['error.internal_error']);
    },
  };
}
