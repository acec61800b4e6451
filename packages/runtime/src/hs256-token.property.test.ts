import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { jwtVerify } from 'jose';
import { expect, it } from 'vitest';
import { openHs256Token } from './hs256-token.ts';

const KEY = new TextEncoder().encode('a secret of thirty-two characters');
const NOW = 1_800_000_000;
const RULE = {
  key: KEY,
  issuer: 'ramal',
  audience: 'agents',
  required: ['exp', 'sub'],
  clockToleranceSec: 5,
};
const RUNS = 3_000;

const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(null, [], {}, '', 0, -1, 1e300, NOW - 5, NOW - 4, NOW + 6),
);
/** Mostly right, so that most tokens go wrong in one place alone. */
const mostly = (...right: unknown[]) =>
  fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...right) }, { weight: 1, arbitrary: odd });
const header = fc.record(
  {
    alg: mostly('HS256'),
    typ: mostly('JWT'),
    kid: mostly('one'),
    crit: mostly(undefined),
    jku: odd,
    jwk: odd,
  },
  { requiredKeys: ['alg'] },
);
const claims = fc.record(
  {
    iss: mostly('ramal'),
    aud: mostly('agents', ['others', 'agents']),
    sub: mostly('ana'),
    exp: mostly(NOW + 60, NOW - 4),
    nbf: mostly(NOW, NOW + 5),
    iat: mostly(NOW),
  },
  { requiredKeys: ['iss', 'aud', 'sub', 'exp'] },
);
const key = fc.oneof({ weight: 8, arbitrary: fc.constant(KEY) }, { weight: 1, arbitrary: fc.uint8Array() });
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** Characters that are put in, taken out or replaced. */
const scratches = fc.array(
  fc.record({ at: fc.nat(400), drop: fc.nat(2), put: fc.constantFrom('', 'A', '.', '=', ' ', 'é', '+') }),
  { maxLength: 1 },
);
const token = fc.tuple(header, claims, key, scratches).map(([head, body, by, scratched]) => {
  const signed = `${part(head)}.${part(body)}`;
  const whole = `${signed}.${createHmac('sha256', by).update(signed).digest('base64url')}`;
  return scratched.reduce(
    (text, { at, drop, put }) => text.slice(0, at) + put + text.slice(at + drop),
    whole,
  );
});

it('threat 7: no HS256 token is opened that the JOSE library would refuse, and it says the same', async () => {
  let opened = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(token, async (text) => {
      let ours: ReturnType<typeof openHs256Token>;
      try {
        ours = openHs256Token(text, RULE, NOW);
      } catch {
        refused += 1;
        return;
      }
      opened += 1;
      const { payload, protectedHeader } = await jwtVerify(text, KEY, {
        algorithms: ['HS256'],
        issuer: RULE.issuer,
        audience: RULE.audience,
        clockTolerance: RULE.clockToleranceSec,
        requiredClaims: RULE.required,
        currentDate: new Date(NOW * 1000),
      });
      expect(ours.claims).toEqual(payload);
      expect(ours.kid).toEqual(typeof protectedHeader.kid === 'string' ? protectedHeader.kid : undefined);
    }),
    { numRuns: RUNS },
  );
  // Both happen often.
  expect(Math.min(opened, refused)).toBeGreaterThan(RUNS / 20);
});
