import { readFile } from 'node:fs/promises';
import { judgeDestination, parseCtiSettings, toDialPolicy, toNumberingSettings } from '@ramal/cti';
import { expect, test } from 'vitest';

const text = await readFile(new URL('../../docs/dial-policy.md', import.meta.url), 'utf8');
const examples = [...text.matchAll(/```json\n([\s\S]+?)```|`(\{".+?\})`/g)].map(
  ([, block, inline]) => JSON.parse(block ?? inline ?? '') as object,
);

test('every setting in docs/dial-policy.md is one, and does what it is shown for', () => {
  expect(examples).toHaveLength(6);
  for (const example of examples) expect(parseCtiSettings(example)).toEqual(example);
  const judge = (number: string, n: number) =>
    judgeDestination(number, {
      numbering: toNumberingSettings({}),
      internal: false,
      destinations: toDialPolicy(parseCtiSettings(examples[n])).destinations,
    }).kind;
  expect([judge('+351912345678', 1), judge('+351760123456', 1)]).toEqual(['allowed', 'denied']);
  expect([judge('+12125551234', 2), judge('+12125551235', 2)]).toEqual(['allowed', 'denied']);
  expect([judge('1132100123', 3), judge('4732100123', 3)]).toEqual(['allowed', 'denied']);
  expect([judge('*21*4732100123#', 4), judge('*21*0900123456#', 4)]).toEqual(['allowed', 'denied']);
});
