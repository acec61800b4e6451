import { describe, expect, test } from 'vitest';
import { HOSTILE_TEXTS } from './hostile-texts.ts';
import { findLeak } from './leak-patterns.ts';

describe('what gives our insides away', () => {
  test.each<[string, string]>([
    ['a stack trace', 'TypeError: x\n    at handle (/srv/services/webhook/dist/app.js:3:7)'],
    ['a source file', '{"message":"user_script:12 in commit.lua"}'],
    ['a package of ours', '{"message":"@ramal/cti failed"}'],
    ['a library', '{"code":"FST_ERR_VALIDATION","message":"x"}'],
    ['a JavaScript error', '{"message":"Cannot read properties of undefined"}'],
    ['SQL or its server', '{"message":"invalid input syntax for type uuid"}'],
    ['a table', '{"message":"call_events is full"}'],
    ['a Redis key', '{"message":"ramal:{p3}:call:demo"}'],
    ['a Redis error', '{"message":"WRONGTYPE Operation against a key"}'],
  ])('%s', (what, answer) => {
    expect(findLeak(answer, '')).toMatchObject({ what });
  });

  test('is no leak where the caller wrote it', () => {
    expect(findLeak('{"message":"data.context.call_events: too long"}', '{"call_events":""}')).toBeNull();
  });

  test('is never what we send ourselves, nor an honest refusal', () => {
    for (const text of HOSTILE_TEXTS) expect(findLeak(text, '')).toBeNull();
    expect(
      findLeak('{"error":{"code":"not_found","message":"no such address; see /openapi.json"}}', ''),
    ).toBeNull();
  });
});
