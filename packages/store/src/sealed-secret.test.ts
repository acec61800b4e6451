import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createSecretSealer, isSealed } from './sealed-secret.ts';
import { SealedSecretError } from './sealed-secret-error.ts';

const place = { empresaId: 7, column: 'senha_banco' };

test('R42 a sealed secret opens in its own place and does not show', () => {
  const sealer = createSecretSealer(randomBytes(32));
  const sealed = sealer.seal('s3nha çã', place);
  expect(isSealed(sealed)).toBe(true);
  expect(sealed).not.toContain('s3nha');
  expect(sealer.open(sealed, place)).toBe('s3nha çã');
  expect(sealer.seal('s3nha çã', place)).not.toBe(sealed);
});

test.each([
  ['another company', { ...place, empresaId: 8 }],
  ['another column', { ...place, column: 'senha_padrao' }],
])('a sealed secret that was copied to %s does not open', (_title, elsewhere) => {
  const sealer = createSecretSealer(randomBytes(32));
  expect(() => sealer.open(sealer.seal('x', place), elsewhere)).toThrow(SealedSecretError);
});

test('a changed secret, or one of another key, does not open and does not tell itself in the error', () => {
  const sealer = createSecretSealer(randomBytes(32));
  const sealed = sealer.seal('geheim', place);
  const changed = `${sealed.slice(0, -2)}${sealed.endsWith('AA') ? 'BB' : 'AA'}`;
  for (const attempt of [
    () => sealer.open(changed, place),
    () => createSecretSealer(randomBytes(32)).open(sealed, place),
    () => sealer.open('enc:v1:', place),
  ]) {
    expect(attempt).toThrow(SealedSecretError);
    expect(attempt).not.toThrow(/geheim/);
  }
});
