import { describe, expect, it } from 'vitest';
import { buildOriginate, maskNumber, maskOriginate, toCtiConfig } from './index.ts';

const secrets = { agente: 'canary-agente', senha: 'canary-senha', token: 'canary-token' };

function masked(autenticacao: number, caminho = 'dial', number = '4732100123') {
  const result = toCtiConfig({
    configuracaoCti: {
      autenticacao,
      tipo: 10,
      protocolo: 'https',
      ip: 'pbx.example.com',
      caminho,
      nome_variavel_origem_sainte: 'from',
      nome_variavel_destino_sainte: 'to',
    },
  });
  if (result.status !== 'ok') throw new Error(result.status);
  const credentials = { ramal: '3501', ...secrets };
  return maskOriginate(buildOriginate({ config: result.config, credentials, number, internal: false }));
}

describe('maskOriginate', () => {
  it('I8 hides the token of mode 3 and all of the number but its last two digits', () => {
    expect(masked(3)).toEqual({
      method: 'GET',
      url: 'https://pbx.example.com/dial?from=3501&to=********23&token=***',
      protocol: 'https',
      host: 'pbx.example.com',
      port: 443,
      path: '/dial?from=3501&to=********23&token=***',
      headers: {},
      dialled: '********23',
      prefix: 'none',
    });
  });

  it('I8 hides what the headers carry, and shows which there are', () => {
    expect(masked(1).headers).toEqual({ Authorization: '***' });
    expect(masked(2).headers).toEqual({ token_auth: '***' });
    expect(masked(4).headers).toEqual({ Authorization: '***', token_auth: '***' });
  });

  it('I8 hides keys in the fixed query of the path', () => {
    expect(masked(1, 'dial?ApiKey=canary&queue=7').path).toBe(
      '/dial?ApiKey=***&queue=7&from=3501&to=********23',
    );
  });

  it('I8 hides a number that is percent-encoded', () => {
    expect(masked(1, 'dial', '+5547*3210#23').path).toBe('/dial?from=3501&to=***********23');
  });

  it.each([1, 2, 3, 4])('I8 leaves no canary in mode %i', (mode) => {
    const text = JSON.stringify(masked(mode, 'dial?senha=canary'));
    expect(text).not.toContain('canary');
    expect(text).not.toContain('47321001');
    expect(text).not.toContain(Buffer.from('canary-agente').toString('base64').slice(0, 12));
  });

  it('hides a number of two digits whole', () => {
    expect(maskNumber('12')).toBe('**');
    expect(maskNumber('190')).toBe('*90');
  });
});
