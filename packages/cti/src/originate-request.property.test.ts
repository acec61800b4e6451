import { DIALLABLE } from '@ramal/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildOriginate,
  type ConfiguracaoCtiRow,
  type CtiConfig,
  CtiCredentialInvalidError,
  CtiCredentialsMissingError,
  NumberNotDiallableError,
  toCtiConfig,
} from './index.ts';

function config(changes: ConfiguracaoCtiRow): CtiConfig {
  const result = toCtiConfig({
    configuracaoCti: {
      tipo: 10,
      protocolo: 'http',
      ip: '10.0.0.5',
      porta: 8080,
      nome_variavel_origem_sainte: 'from',
      nome_variavel_destino_sainte: 'to',
      ...changes,
    },
  });
  if (result.status !== 'ok') throw new Error(`not ok: ${JSON.stringify(result)}`);
  return result.config;
}

describe('whatever the number and the credentials hold', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme-ascii', minLength: 1 }));
  const number = fc.oneof(
    fc.string({ unit: fc.constantFrom(...Array.from('0123456789*#+()-. \r\n&=%')) }),
    fc.string({ unit: fc.constantFrom(...Array.from('0123456789*#')), minLength: 2, maxLength: 20 }),
  );
  const input = fc.record({
    mode: fc.constantFrom(1, 2, 3, 4),
    numero_linha: fc.string({
      unit: fc.constantFrom(...Array.from('0123456789*#')),
      minLength: 1,
      maxLength: 10,
    }),
    usa_linha: fc.constantFrom(0, 1),
    caminho: fc.constantFrom('', 'dial', 'dial?a=1', 'dial?'),
    skipIfPrefixed: fc.boolean(),
    internal: fc.boolean(),
    number,
    credentials: fc.record({
      ramal: fc.string({ unit: fc.constantFrom(...Array.from('0123456789*#')), minLength: 1, maxLength: 20 }),
      agente: text,
      senha: text,
      token: text,
    }),
  });
  const refusals = [CtiCredentialsMissingError, CtiCredentialInvalidError, NumberNotDiallableError];

  it('threat 1 and 10: a request reads back as what went in, or a typed refusal is thrown', () => {
    let built = 0;
    fc.assert(
      fc.property(input, ({ mode, usa_linha, numero_linha, caminho, skipIfPrefixed, internal, ...rest }) => {
        const base = config({ autenticacao: mode, usa_linha, numero_linha, caminho });
        let request: ReturnType<typeof buildOriginate>;
        try {
          request = buildOriginate({ config: { ...base, skipIfPrefixed }, internal, ...rest });
        } catch (error) {
          expect(refusals.some((refusal) => error instanceof refusal)).toBe(true);
          return;
        }
        built += 1;
        const url = new URL(request.url);
        expect(url.href).toBe(request.url);
        expect(url.pathname + url.search).toBe(request.path);
        expect([url.hostname, Number(url.port)]).toEqual([request.host, request.port]);
        expect(url.searchParams.getAll('from')).toEqual([rest.credentials.ramal]);
        expect(url.searchParams.getAll('to')).toEqual([request.dialled]);
        expect(url.searchParams.getAll('token')).toEqual(mode === 3 ? [rest.credentials.token] : []);
        expect(request.dialled).toMatch(DIALLABLE);
        expect([request.url, ...Object.values(request.headers)].join('')).not.toMatch(/\p{Cc}/u);
        const bare = rest.number.replace(/[\s().-]/g, '');
        const prefix = request.prefix === 'linha' ? numero_linha : '';
        expect(request.dialled).toBe(prefix + bare);
        if (internal || usa_linha === 0) expect(prefix).toBe('');
        else if (!skipIfPrefixed) expect(prefix).toBe(numero_linha);
      }),
      { numRuns: 2000 },
    );
    expect(built).toBeGreaterThan(200);
  });
});
