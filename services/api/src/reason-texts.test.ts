import { dialReason } from '@ramal/contracts';
import { expect, it } from 'vitest';

it('every reason of a dial that came to nothing has words in three languages', async () => {
  const { DICTIONARIES } = (await import(new URL('../public/texts.js', import.meta.url).href)) as {
    DICTIONARIES: Record<string, Record<string, string>>;
  };
  expect(Object.keys(DICTIONARIES)).toHaveLength(3);
  for (const texts of Object.values(DICTIONARIES)) {
    for (const reason of dialReason.options) expect(texts[`reason.${reason}`]).toMatch(/^\p{Lu}.{10,}\.$/u);
  }
});
