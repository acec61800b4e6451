import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  buildOriginate,
  type CtiConfig,
  normalizeNumber,
  NumberNotDiallableError,
  parseCtiSettings,
  toCtiConfig,
} from './index.ts';

/** A hundred thousand strings, many to a run: it is the runs that cost. */
const STRINGS = 100;
const RUNS = 1_000;
/** Threat 1, spelled out once more: the contract's own pattern is part of what is tested. */
const MAY_REACH_A_CTI = /^\+?[0-9*#]{2,20}$/;

function config(line: string, settings: object): CtiConfig {
  const result = toCtiConfig({
    configuracaoCti: {
      tipo: 10,
      autenticacao: 1,
      protocolo: 'http',
      ip: '10.0.0.5',
      nome_variavel_origem_sainte: 'from',
      nome_variavel_destino_sainte: 'to',
      ...(line === '' ? {} : { usa_linha: 1, numero_linha: line }),
    },
    settings: parseCtiSettings(settings),
  });
  if (result.status !== 'ok') throw new Error(`not ok: ${JSON.stringify(result)}`);
  return result.config;
}

const configs = ['', '0', '*0#', '0123456789'].flatMap((line) =>
  [
    {},
    { skipIfPrefixed: true },
    { normalize: true },
    { normalize: true, areaCode: '47', carrierCode: '15' },
    { normalize: true, carrierCode: '55', skipIfPrefixed: true },
    { normalize: true, dialFormat: 'e164', ramalMaxDigits: 1 },
    { normalize: true, dialFormat: 'as_given' },
    { normalize: true, country: 'PT' },
    { normalize: true, country: 'US', dialFormat: 'e164' },
  ].map((settings) => config(line, settings)),
);

const units = (characters: string) => fc.constantFrom(...Array.from(characters));
const digits = (minLength: number, maxLength: number) =>
  fc.string({ unit: units('0123456789'), minLength, maxLength });
/** What is nearly a number: other scripts' digits, marks that look like `+`, ends of lines, what a URL could be made of. */
const nearly = fc.string({
  unit: units('0123456789*#+()-. \t\r\n\u00a0\u200b\u0000\uff0b\uff11\u0661\u00b2&=%?/@;,xX'),
  maxLength: 26,
});
const likely = fc
  .tuple(
    units('\u0000+0159').map((first) => (first === '\u0000' ? '' : first)),
    fc.constantFrom(
      '',
      '0',
      '00',
      '015',
      '55',
      '0055',
      '0015',
      '001547',
      '9090',
      '47',
      '11',
      '351',
      '1',
      '0800',
      '0900',
    ),
    digits(0, 20),
    fc.constantFrom('', '', '', '\n', '\u0000', '&to=190', '#', ' '),
  )
  .map((parts) => parts.join(''));
const anything = fc.oneof(
  { weight: 4, arbitrary: likely },
  { weight: 3, arbitrary: nearly },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 24 }) },
);
const many = fc.array(anything, { minLength: STRINGS, maxLength: STRINGS });

/** 1 when a request was built, 0 when it was refused. @throws when what was built may not reach a CTI */
function tryToDial(number: string, chosen: CtiConfig, internal: boolean): 0 | 1 {
  let request: ReturnType<typeof buildOriginate>;
  try {
    request = buildOriginate({
      config: chosen,
      credentials: { ramal: '3501', agente: 'ana', senha: 'x', token: null },
      number,
      internal,
    });
  } catch (error) {
    if (error instanceof NumberNotDiallableError) return 0;
    throw error;
  }
  const sent = /^\/\?from=3501&to=([^&]*)$/.exec(request.path)?.[1];
  // Cheaper than `expect`, a hundred thousand times.
  if (!MAY_REACH_A_CTI.test(request.dialled) || decodeURIComponent(sent ?? '') !== request.dialled) {
    throw new Error(`reached the CTI: ${JSON.stringify(request.path)}`);
  }
  return 1;
}

it('threat 1 nothing but 2 to 20 digits, * and #, with a leading + at most, ever reaches a CTI', () => {
  let built = 0;
  fc.assert(
    fc.property(many, fc.constantFrom(...configs), fc.boolean(), (numbers, chosen, internal) => {
      for (const number of numbers) built += tryToDial(number, chosen, internal);
    }),
    { numRuns: RUNS },
  );
  expect(built).toBeGreaterThan((RUNS * STRINGS) / 4);
}, 60_000);

it('R34 a number normalised twice is the number normalised once', () => {
  fc.assert(
    fc.property(many, fc.constantFrom(...configs), fc.boolean(), (numbers, { numbering }, internal) => {
      for (const raw of numbers) {
        const once = normalizeNumber(raw, numbering, internal).dialled;
        const twice = normalizeNumber(once, numbering, internal).dialled;
        if (twice !== once) throw new Error(`${JSON.stringify(once)} became ${JSON.stringify(twice)}`);
      }
    }),
    { numRuns: RUNS },
  );
}, 60_000);
