import { z } from 'zod';
import { callId, ramal, tenantId, userId } from './ids.ts';
import { ALL_RIGHTS, ROLES } from './rights.ts';
import { isStorableText, UNSTORABLE } from './storable-text.ts';
import { peer } from './wire-server.ts';

const right = z.enum(ALL_RIGHTS as readonly [string, ...string[]]);
const keyRole = z.enum(ROLES).exclude(['agent']);
const text = (most: number) => z.string().trim().min(1).max(most).refine(isStorableText, UNSTORABLE);
const keyName = text(100);

/** An API key as it may be seen: its secret is shown once, when it is made. */
export const apiKeyView = z.object({
  keyId: z.uuid(),
  name: z.string(),
  /** Null: every tenant. */
  tenant: tenantId.nullable(),
  /** Null: `rights` says all there is to say. */
  role: keyRole.nullable(),
  rights: z.array(right),
  createdAt: z.iso.datetime(),
  createdBy: z.string().nullable(),
  /** When it ends by itself. */
  expiresAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
  /** To the minute; null for never. */
  lastUsedAt: z.iso.datetime().nullable(),
});
export type ApiKeyView = z.infer<typeof apiKeyView>;

/** `POST /v1/api-keys` */
export const apiKeyRequest = z
  .object({
    name: keyName,
    /** May be left out with a key of one tenant; null for a key of every tenant. */
    tenant: tenantId.nullable().optional(),
    role: keyRole.optional(),
    rights: z.array(right).min(1).max(ALL_RIGHTS.length).optional(),
    /** RFC 3339, in the future. */
    expiresAt: z.iso.datetime({ offset: true }).optional(),
  })
  .refine(({ role, rights }) => (role === undefined) !== (rights === undefined), 'give a role, or rights');

/** `POST /v1/api-keys/{keyId}/rotate`: how long the old key goes on beside the new one. */
export const apiKeyRotation = z.object({
  overlapSec: z.number().int().min(0).max(7_776_000).default(86_400),
});

export const apiKeySecret = z.object({ key: apiKeyView, secret: z.string() });
export const apiKeysResponse = z.object({ keys: z.array(apiKeyView) });

/** `POST /v1/access/revocations`: ends the tokens of a user, of a tenant or of everyone. */
export const revocationRequest = z
  .object({
    tenant: tenantId.optional(),
    user: userId.optional(),
    /** Needs a key of every tenant. */
    everyone: z.literal(true).optional(),
    /** RFC 3339; tokens issued before it end. Default: now. */
    before: z.iso.datetime({ offset: true }).optional(),
    /** For the audit log. */
    reason: text(200).optional(),
  })
  .refine(
    ({ everyone, tenant, user }) => everyone === undefined || (tenant === undefined && user === undefined),
    'everyone goes without tenant and user',
  );

export const revocationView = z.object({
  tenant: tenantId.nullable(),
  user: userId.nullable(),
  before: z.iso.datetime(),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  reason: z.string().nullable(),
});
export type RevocationView = z.infer<typeof revocationView>;
export const revocationsResponse = z.object({ revocations: z.array(revocationView) });

/** `POST /v1/calls/{callId}/reveal`: the numbers of one call, whole. */
export const revealRequest = z.object({ reason: text(200).optional() });
export const revealResponse = z.object({
  callId,
  ramal: ramal.nullable(),
  peer,
  origin: z.string().nullable(),
  destination: z.string().nullable(),
});
