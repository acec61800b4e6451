import { toCallbackFacts, toCtiConfig } from '@ramal/cti';
import { describe, expect, test } from 'vitest';
import type { Variable } from './read-variables.ts';
import { readParameter, tellsOfCall, toCallVariables } from './wconnect-variables.ts';

const mappingOf = (origem: string, destino: string, audio = 'audio') =>
  toCtiConfig({
    configuracaoCti: {
      nome_variavel_origem: origem,
      nome_variavel_destino: destino,
      nome_variavel_audio: audio,
    },
  }).callback;
const usual = mappingOf('origem', 'destino');
const acme = mappingOf('de', 'para', 'gravacao');
const list = (text: string): Variable[] => [...new URLSearchParams(text)];
const facts = (mapping: typeof usual, text: string) =>
  toCallbackFacts(mapping, toCallVariables(mapping, list(text)));

describe('R38 a request tells of a call, or only asks', () => {
  test.each([
    [usual, 'tenant=demo&ramal=3501', false],
    [usual, 'tenant=demo&ramal=3501&origem=', false],
    [usual, 'ramal=3501&ORIGEM=4732100123', true],
    [usual, 'ramal=3501&destino=3501', true],
    [acme, 'ramal=2001&de=4732100123', true],
    [acme, 'ramal=2001&origem=4732100123', true],
    [mappingOf('ramal', 'numero'), 'ramal=3501', false],
    [mappingOf('ramal', 'numero'), 'ramal=3501&numero=4732100123', true],
    // A tenant's own name means what the tenant says.
    [mappingOf('de', 'para', 'origem'), 'ramal=2001&origem=http://pbx/1.wav', false],
  ])('%#', (mapping, text, told) => {
    expect(tellsOfCall(mapping, list(text))).toBe(told);
  });
});

describe('R38 R40 names', () => {
  test('of the tenant come first, inferred ones stand in, any case is the same', () => {
    expect(facts(acme, 'DE=4732100123&origem=999999999&DESTINO=2001&Audio=a.wav&ID=7&duracao=65')).toEqual({
      origin: '4732100123',
      destination: '2001',
      recording: 'a.wav',
      externalCallId: '7',
      durationSec: 65,
      unknownNames: [],
    });
  });

  test('that address the request are no variables of the call; others are told by name', () => {
    expect(facts(usual, 'tenant=demo&token=x&ramal=3501&origem=4732100123&fila=9&senha=1')).toEqual({
      origin: '4732100123',
      destination: '3501',
      unknownNames: ['fila', 'senha'],
    });
  });

  test('of the tenant may be those that usually address the request', () => {
    expect(facts(mappingOf('ramal', 'numero'), 'ramal=3501&numero=4732100123')).toEqual({
      origin: '3501',
      destination: '4732100123',
      unknownNames: [],
    });
  });

  test.each([
    ['ramal=3501&origem=4732100123', '4732100123', '3501'],
    ['ramal=3501&destino=4732100123', '3501', '4732100123'],
    ['ramal=3501&origem=3501', '3501', undefined],
    ['ramal=3501&origem=3501&destino=4732100123', '3501', '4732100123'],
    ['ramal=3509&origem=3501&destino=4732100123', '3501', '4732100123'],
    ['ramal=3501&id=7', undefined, undefined],
  ])('with an extension beside one end: %s', (text, origin, destination) => {
    const { origin: from, destination: to } = facts(usual, text);
    expect([from, to]).toEqual([origin, destination]);
  });

  test('that mean something to objects change nothing', () => {
    expect(facts(usual, '__proto__=1&constructor=2&origem=4732100123').origin).toBe('4732100123');
    expect(readParameter(list('__proto__=1&TENANT= demo &tenant='), 'tenant')).toEqual(['demo']);
  });
});
