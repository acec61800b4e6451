import { describe, expect, it } from 'vitest';
import { DICTIONARIES, toLanguage } from './language.ts';
import { speak } from './speak.ts';

describe('the words of the pop-ups', () => {
  it.each(Object.entries(DICTIONARIES))(
    '%s has words for every reason of a dial that came to nothing',
    (_, texts) => {
      // That none is missing, the compiler says.
      const reasons = Object.entries(texts).filter(([key]) => key.startsWith('reason.'));
      for (const [key, text] of reasons)
        expect([key, text]).toEqual([key, expect.stringMatching(/^\p{Lu}.{10,}\.$/u)]);
    },
  );

  it('the three languages say the same things, and name the same values', () => {
    const { en, ...others } = DICTIONARIES;
    const holes = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).toSorted();
    for (const texts of Object.values(others)) {
      expect(Object.keys(texts).toSorted()).toEqual(Object.keys(en).toSorted());
      for (const [key, text] of Object.entries(en)) {
        const other = texts[key as keyof typeof texts];
        expect([key, holes(other)]).toEqual([key, holes(text)]);
        expect([key, other.trim()]).not.toEqual([key, '']);
      }
    }
  });

  it.each([
    [['pt-BR'], 'pt-BR'],
    [['pt-PT', 'en'], 'pt-BR'],
    [['ES-mx'], 'es'],
    [[null, '', 'de', 'en-GB'], 'en'],
    [['eo', 'ptx'], 'en'],
    [[], 'en'],
  ])('for %j they are in %s', (tags, language) => {
    expect(toLanguage(tags)).toBe(language);
  });

  it('a code that is newer than the words is said as it is, also one that objects have by themselves', () => {
    const { code, error } = speak('es');
    expect(code('reason', 'new_reason')).toBe('new_reason');
    expect(code('error', 'constructor', 'fallback')).toBe('fallback');
    expect(error({ code: 'toString' })).toBe(DICTIONARIES.es['error.internal_error']);
    expect(error(undefined)).toBe(DICTIONARIES.es['error.internal_error']);
  });

  it('a value that looks like a hole or a pattern stays as it is', () => {
    expect(speak('en').say('recordingOf', { peer: '{peer} $& $1' })).toBe(
      'Recording of the call with {peer} $& $1',
    );
  });
});
