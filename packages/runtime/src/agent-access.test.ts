import { type AccessSnapshot, AGENT_TOKEN, toAgentKey } from '@ramal/contracts';
import { exportJWK, exportSPKI } from 'jose';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createForgedKey, type ForgedKey, forge, nowSec, signWith } from '../test/token-forge.ts';
import { type AgentAccess, createAgentAccess } from './agent-access.ts';
import { AgentTokenInvalidError, signAgentToken, type VerifiedAgent } from './agent-token.ts';
import { createProviderKeys } from './provider-keys.ts';

const DEPLOYMENT = 'the-secret-of-the-deployment-0123456789';
const OLD = 'an-old-key-of-the-tenant-keyed-0123456789';
const NEW = 'a-new-key-of-the-tenant-keyed-01234567890';
const ISSUER = 'https://id.crm.example';
const AUDIENCE = 'telephony';

let keys: Record<'RS256' | 'ES256' | 'EdDSA' | 'stranger', ForgedKey>;
let snapshot: AccessSnapshot | null;
let providerAway: boolean;
let access: AgentAccess;

beforeAll(async () => {
  const [RS256, ES256, EdDSA, stranger] = await Promise.all([
    createForgedKey('rsa', 'RS256'),
    createForgedKey('ec', 'ES256'),
    createForgedKey('ed', 'EdDSA'),
    createForgedKey('ec', 'ES256'),
  ]);
  keys = { RS256, ES256, EdDSA, stranger };
});

/** `plain` brings the deployment's tokens, `keyed` its own, `crm` its provider's; and `other` has the same provider. */
beforeEach(() => {
  providerAway = false;
  const provider = { kind: 'jwks', issuer: ISSUER, url: 'https://id.crm.example/jwks' } as const;
  const { issuer, audience } = AGENT_TOKEN;
  snapshot = {
    policies: new Map([
      [
        'keyed',
        {
          kind: 'keys',
          issuer,
          audience,
          keys: [
            { kid: 'new', secret: NEW },
            { kid: 'old', secret: OLD },
          ],
        },
      ],
      ['crm', { ...provider, audience: AUDIENCE }],
      ['other', { ...provider, url: 'https://id.other.example/jwks', audience: AUDIENCE }],
    ]),
    revocations: { everyoneMs: 0, byTenant: new Map(), byAgent: new Map() },
  };
  const published = {
    'https://id.crm.example/jwks': [keys.RS256.jwk, keys.ES256.jwk, keys.EdDSA.jwk],
    'https://id.other.example/jwks': [keys.stranger.jwk],
  };
  access = createAgentAccess({
    secret: DEPLOYMENT,
    current: async () => snapshot,
    known: () => snapshot,
    providers: createProviderKeys({
      fetch: async (url) => {
        if (providerAway) throw new Error('ECONNREFUSED');
        const found = published[url as keyof typeof published];
        return { status: 200, body: Buffer.from(JSON.stringify({ keys: found })) };
      },
      onRefreshFailed: () => undefined,
    }),
    ramalOf: async (_tenant, user) => ({ ana: '3501', noline: null })[user],
  });
});

const claims = (tenant: string, over: Record<string, unknown> = {}) => ({
  iss: tenant === 'crm' || tenant === 'other' ? ISSUER : AGENT_TOKEN.issuer,
  aud: tenant === 'crm' || tenant === 'other' ? AUDIENCE : AGENT_TOKEN.audience,
  sub: 'ana',
  tenant,
  iat: nowSec(),
  exp: nowSec() + 60,
  ...over,
});

/** Who came in, or why nobody did. */
const attempt = (token: string): Promise<VerifiedAgent | string> =>
  access.verify(token).catch((error: unknown) => {
    if (error instanceof AgentTokenInvalidError) return error.expired ? 'expired' : 'invalid';
    return String((error as { code?: string }).code);
  });
const deployed = (tenant: string, user = 'ana') =>
  signAgentToken({ secret: DEPLOYMENT, tenant, user, ramal: '3501', ttlSec: 60 });

describe('a tenant without a rule of its own', () => {
  it('takes the deployment’s tokens, with the extension they name', async () => {
    expect(await attempt(await deployed('plain', 'anybody'))).toMatchObject({
      identity: { tenant: 'plain', user: 'anybody', ramal: '3501' },
      role: 'agent',
      grant: { kind: 'deployment' },
    });
  });

  it('takes them while nothing was read yet, too', async () => {
    snapshot = null;
    expect(await attempt(await deployed('plain'))).toMatchObject({ grant: { kind: 'deployment' } });
  });

  it('takes nobody else’s', async () => {
    expect(await attempt(forge({ alg: 'HS256', kid: 'new' }, claims('plain'), NEW))).toBe('invalid');
    expect(await attempt(await signWith(keys.ES256, claims('plain')))).toBe('invalid');
  });
});

describe('a tenant with keys of its own', () => {
  const keyed = (kid: string | undefined, secret: string, over: Record<string, unknown> = {}) =>
    forge({ alg: 'HS256', ...(kid === undefined ? {} : { kid }) }, claims('keyed', over), secret);

  it('takes each of them by its kid: a new one beside the old one', async () => {
    expect(await attempt(keyed('old', OLD))).toMatchObject({
      identity: { tenant: 'keyed', user: 'ana', ramal: '3501' },
      grant: { kind: 'keys', kid: 'old' },
    });
    expect(await attempt(keyed('new', NEW))).toMatchObject({ grant: { kid: 'new' } });
  });

  it('threat 7 takes no other key, no key under another’s name, and none without a name', async () => {
    for (const token of [
      keyed('new', OLD),
      keyed('gone', OLD),
      keyed(undefined, NEW),
      keyed('__proto__', NEW),
      await deployed('keyed'),
      keyed('new', DEPLOYMENT),
      await signWith(keys.ES256, claims('keyed')),
    ])
      expect(await attempt(token)).toBe('invalid');
  });

  it('does not let its keys speak for another tenant (I6)', async () => {
    for (const tenant of ['plain', 'crm', 'nobody'])
      expect(await attempt(forge({ alg: 'HS256', kid: 'new' }, claims(tenant), NEW))).toBe('invalid');
  });

  it('knows extensions from the directory, whatever a token says, and takes no user it does not know', async () => {
    expect(await attempt(keyed('new', NEW, { ramal: '9999' }))).toMatchObject({
      identity: { ramal: '3501' },
    });
    expect(await attempt(keyed('new', NEW, { sub: 'noline' }))).toMatchObject({ identity: { ramal: null } });
    expect(await attempt(keyed('new', NEW, { sub: 'stranger' }))).toBe('invalid');
  });

  it('has its sessions signed with the newest key', async () => {
    const token = await signAgentToken({
      ...(await access.signerOf('keyed')),
      tenant: 'keyed',
      user: 'ana',
      ramal: null,
      ttlSec: 60,
      role: 'supervisor',
    });
    expect(await attempt(token)).toMatchObject({ role: 'supervisor', grant: { kid: 'new' } });
  });

  it('whose keys can’t be opened takes no token, and has none made', async () => {
    const policy = { kind: 'keys', ...AGENT_TOKEN, keys: [] } as const;
    snapshot = { ...snapshot!, policies: new Map([['keyed', policy]]) };
    expect(await attempt(await deployed('keyed'))).toBe('invalid');
    await expect(access.signerOf('keyed')).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a tenant with an identity provider', () => {
  it.each(['RS256', 'ES256', 'EdDSA'] as const)('takes its tokens, signed by %s', async (alg) => {
    expect(await attempt(await signWith(keys[alg], claims('crm', { role: 'supervisor' })))).toMatchObject({
      identity: { tenant: 'crm', user: 'ana', ramal: '3501' },
      role: 'supervisor',
      grant: { kind: 'jwks', issuer: ISSUER },
    });
  });

  it('gives an unknown role the least rights', async () => {
    expect(await attempt(await signWith(keys.ES256, claims('crm', { role: 'admin' })))).toMatchObject({
      role: 'agent',
    });
  });

  it('threat 7 takes no HS256 at all, not even by the deployment’s own key', async () => {
    expect(await attempt(await deployed('crm'))).toBe('invalid');
    expect(await attempt(forge({ alg: 'HS256' }, claims('crm'), DEPLOYMENT))).toBe('invalid');
    expect(await attempt(forge({ alg: 'HS256', kid: 'new' }, claims('crm'), NEW))).toBe('invalid');
    await expect(access.signerOf('crm')).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('threat 7 takes no token whose secret is a public key', async () => {
    const { publicKey, kid } = keys.RS256;
    const secrets = [
      await exportSPKI(publicKey),
      JSON.stringify(await exportJWK(publicKey)),
      publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    ];
    for (const secret of secrets)
      for (const alg of ['HS256', 'RS256', 'ES256'])
        expect(await attempt(forge({ alg, kid }, claims('crm'), secret))).toBe('invalid');
  });

  it.each(['none', 'None', 'NONE', ''])('threat 7 takes no token of the algorithm %j', async (alg) => {
    expect(await attempt(forge({ alg, kid: 'rsa' }, claims('crm'), null))).toBe('invalid');
    expect(await attempt(forge({ alg }, claims('crm'), DEPLOYMENT))).toBe('invalid');
  });

  it('threat 7 does not look at keys and addresses in the token’s own header', async () => {
    const { stranger } = keys;
    const x5c = [stranger.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')];
    for (const header of [
      { jwk: stranger.jwk },
      { jku: 'https://id.other.example/jwks' },
      { x5u: 'https://evil.example/cert' },
      { x5c },
      { jwk: stranger.jwk, kid: undefined },
    ])
      expect(await attempt(await signWith(stranger, claims('crm'), header))).toBe('invalid');
    expect(
      await attempt(await signWith(keys.ES256, claims('crm'), { jku: 'https://evil.example' })),
    ).toMatchObject({
      grant: { kind: 'jwks' },
    });
  });

  it('threat 7 takes no token with an extension nobody here understands', async () => {
    const token = forge({ alg: 'ES256', kid: 'ec', crit: ['b64x'], b64x: true }, claims('crm'), null);
    expect(await attempt(token)).toBe('invalid');
  });

  it.each([
    ['another issuer', { iss: AGENT_TOKEN.issuer }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: AGENT_TOKEN.audience }],
    ['several audiences without ours', { aud: ['a', 'b'] }],
    ['no end', { exp: undefined }],
    ['no beginning', { iat: undefined }],
    ['a beginning in the future', { nbf: nowSec() + 600 }],
    ['no user', { sub: undefined }],
    ['a user who is not registered', { sub: 'stranger' }],
  ])('threat 7 takes no token with %s', async (_, over) => {
    expect(await attempt(await signWith(keys.ES256, claims('crm', over)))).toBe('invalid');
  });

  it('tells an expired token apart', async () => {
    expect(await attempt(await signWith(keys.ES256, claims('crm', { exp: nowSec() - 60 })))).toBe('expired');
  });

  it('I6 takes no token of another tenant’s provider, whatever tenant it claims', async () => {
    expect(await attempt(await signWith(keys.stranger, claims('crm')))).toBe('invalid');
    expect(await attempt(await signWith(keys.ES256, claims('other')))).toBe('invalid');
    expect(await attempt(await signWith(keys.ES256, claims('plain')))).toBe('invalid');
    expect(await attempt(await signWith(keys.stranger, claims('other')))).toMatchObject({
      identity: { tenant: 'other' },
    });
  });

  it('tells to come again while the provider is away and was never reached', async () => {
    providerAway = true;
    expect(await attempt(await signWith(keys.ES256, claims('crm')))).toBe('unavailable');
    expect(await attempt(await deployed('crm'))).toBe('invalid');
  });
});

describe('what was revoked', () => {
  const revoke = (revocations: Partial<AccessSnapshot['revocations']>) => {
    snapshot = { ...snapshot!, revocations: { ...snapshot!.revocations, ...revocations } };
  };

  it.each([
    ['an agent', () => ({ byAgent: new Map([[toAgentKey('plain', 'ana'), Date.now() + 1]]) })],
    ['a tenant', () => ({ byTenant: new Map([['plain', Date.now() + 1]]) })],
    ['everyone', () => ({ everyoneMs: Date.now() + 1 })],
  ])('of %s is refused, and does not stand any more', async (_, toRevocations) => {
    const token = await deployed('plain');
    const agent = await access.verify(token);
    expect(access.stands(agent)).toBe(true);
    revoke(toRevocations());
    expect(access.stands(agent)).toBe(false);
    expect(() => access.requireStanding(agent)).toThrow(AgentTokenInvalidError);
    expect(await attempt(token)).toBe('invalid');
  });

  it('is nobody else’s', async () => {
    revoke({
      byAgent: new Map([[toAgentKey('plain', 'bruno'), Date.now() + 60_000]]),
      byTenant: new Map([['keyed', Date.now() + 60_000]]),
    });
    expect(await attempt(await deployed('plain'))).toMatchObject({ identity: { user: 'ana' } });
  });

  it('does not reach a token that was made a moment later', async () => {
    revoke({ everyoneMs: Date.now() - 1 });
    expect(await attempt(await deployed('plain'))).toMatchObject({ identity: { user: 'ana' } });
  });

  it('ends every token that does not say when it was issued', async () => {
    const undated = forge({ alg: 'HS256' }, claims('plain', { iat: undefined }), DEPLOYMENT);
    expect(await attempt(undated)).toMatchObject({ issuedAtMs: null });
    revoke({ byTenant: new Map([['plain', 1]]) });
    expect(await attempt(undated)).toBe('invalid');
  });

  it('includes what a tenant stopped taking: a removed key, another family, another issuer', async () => {
    const old = await access.verify(forge({ alg: 'HS256', kid: 'old' }, claims('keyed'), OLD));
    const crm = await access.verify(await signWith(keys.ES256, claims('crm')));
    const plain = await access.verify(await deployed('plain'));
    const password: VerifiedAgent = { ...plain, grant: { kind: 'password' } };
    const { policies } = snapshot!;
    const jwks = {
      kind: 'jwks',
      issuer: ISSUER,
      audience: AUDIENCE,
      url: 'https://id.crm.example/jwks',
    } as const;
    const setPolicies = (entries: [string, Parameters<typeof policies.get>[0] | typeof jwks | object][]) => {
      snapshot = { ...snapshot!, policies: new Map(entries) as typeof policies };
    };
    expect([old, crm, plain, password].map(access.stands)).toEqual([true, true, true, true]);
    setPolicies([
      ['keyed', { kind: 'keys', ...AGENT_TOKEN, keys: [{ kid: 'new', secret: NEW }] }],
      ['crm', { ...jwks, issuer: 'https://another.example' }],
      ['plain', jwks],
    ]);
    expect([old, crm, plain, password].map(access.stands)).toEqual([false, false, false, false]);
  });
});
