import { createHash } from 'node:crypto';
import type { SignedMessage, WebhookIds } from '@ramal/bus';
import { WireError } from '@ramal/runtime';
import type { CallbackProtection, TenantProfile } from '@ramal/store';
import type { BasicCheck } from './basic-check.ts';
import type { Ingested } from './ingest-callback.ts';
import { isSigned, readSignature } from './standard-webhooks.ts';

/** Why a caller with a good token was refused (threat 5); a stable code, in the metrics and on the call's timeline. */
export type RefusalReason =
  | 'address_not_allowed'
  | 'basic_missing'
  | 'basic_wrong'
  | 'signature_missing'
  | 'signature_malformed'
  | 'signature_wrong'
  | 'timestamp_outside'
  | 'webhook_id_reused';

const REFUSALS: Record<RefusalReason, readonly [WireError['code'], string]> = {
  address_not_allowed: ['forbidden', 'this company is not called back from this address'],
  basic_missing: ['auth_required', 'send the user and password of HTTP Basic'],
  basic_wrong: ['auth_failed', 'the user or password of HTTP Basic is wrong'],
  signature_missing: ['auth_required', 'sign the callback: webhook-id, webhook-timestamp, webhook-signature'],
  signature_malformed: [
    'auth_failed',
    'the headers of the signature are not complete, or not as they should be',
  ],
  signature_wrong: ['auth_failed', 'the signature is not one of this request by a secret that counts'],
  timestamp_outside: ['auth_failed', 'webhook-timestamp is more than 5 minutes off'],
  webhook_id_reused: ['forbidden', 'this webhook-id was another callback’s'],
};

/** A caller whose token is good, and who still is not the CTI. */
export class CallerRefusedError extends WireError {
  readonly reason: RefusalReason;
  constructor(reason: RefusalReason) {
    super(...REFUSALS[reason]);
    this.reason = reason;
  }
}

/** What of a request the guard looks at. */
export interface Caller {
  /** See `createClientAddress`. */
  address: string | null;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As it was sent, before the first `?` and behind it. */
  path: string;
  query: string;
  body: Buffer | null;
}

/** A caller who may speak for the tenant. */
export interface Admission {
  /** What of the query may be believed: nothing, where the signature is the body's alone. */
  query: string;
  /** Of a signed callback: which message it is. */
  signed?: SignedMessage;
  /** Stores the callback, or says what it was stored as when this very message came before. */
  once(store: () => Promise<Ingested>): Promise<Ingested>;
  /** Answers what changes nothing, as often as it is asked within the tolerance. */
  ask<T>(answer: () => Promise<T>): Promise<T>;
}

export interface CallbackGuardOptions {
  protectionOf(tenant: string): Promise<CallbackProtection>;
  basic: BasicCheck;
  webhookIds: WebhookIds;
  /** May the caller at this address cause a password to be hashed? */
  mayTry(address: string | null): boolean;
  /** A password was not looked into: too many are. */
  onBusy(): void;
  onMarkFailed(error: unknown): void;
}

/**
 * Asks of a caller what its tenant has configured beside the token: all of it, the cheap first.
 * @throws CallerRefusedError; WireError `unavailable` where it can't be told right now
 */
export type CallbackGuard = (profile: TenantProfile, caller: Caller) => Promise<Admission>;

export function createCallbackGuard(options: CallbackGuardOptions): CallbackGuard {
  const { protectionOf, basic, webhookIds, mayTry, onBusy, onMarkFailed } = options;

  const signed = (message: SignedMessage, query: string): Admission => {
    const check = async () => {
      const state = await webhookIds.check(message);
      if (state.kind === 'outside') throw new CallerRefusedError('timestamp_outside');
      if (state.kind === 'reused') throw new CallerRefusedError('webhook_id_reused');
      return state;
    };
    return {
      query,
      signed: message,
      async once(store) {
        const state = await check();
        if (state.kind === 'stored') return { callId: state.callId || null, outcome: 'duplicate' };
        const stored = await store();
        // It is stored, and that is what the CTI is told; told again, it is the same fact of the same call (I3).
        await webhookIds.markStored(message, stored.callId ?? '').catch(onMarkFailed);
        return stored;
      },
      async ask(answer) {
        await check();
        return answer();
      },
    };
  };

  return async ({ tenant: { tenant } }, caller) => {
    const { networks, basicLogins, signingKeys } = await protectionOf(tenant);
    if (networks !== null && (caller.address === null || !networks.has(caller.address))) {
      throw new CallerRefusedError('address_not_allowed');
    }
    if (basicLogins !== null) {
      const { authorization } = caller.headers;
      const given = typeof authorization === 'string' ? authorization : undefined;
      const verdict = await basic.check(basicLogins, given, () => mayTry(caller.address));
      if (verdict === 'busy') {
        onBusy();
        throw new WireError('unavailable', 'try again in a moment');
      }
      if (verdict !== 'good') throw new CallerRefusedError(`basic_${verdict}`);
    }
    if (signingKeys === null)
      return { query: caller.query, once: (store) => store(), ask: (answer) => answer() };
    const signature = readSignature(caller.headers);
    if (signature === null) throw new CallerRefusedError('signature_missing');
    if (signature === 'malformed') throw new CallerRefusedError('signature_malformed');
    const payload = toSignedPayload(caller);
    if (!isSigned(signingKeys, signature, payload)) throw new CallerRefusedError('signature_wrong');
    const said = createHash('sha256')
      .update(`${toLastStep(caller.path)}\n`)
      .update(payload)
      .digest('hex');
    const { id: webhookId, timestampSec } = signature;
    const message = { tenant, webhookId, timestampSec, digest: said };
    return signed(message, hasBody(caller) ? '' : caller.query);
  };
}

/**
 * What is signed: the body, byte for byte, as Standard Webhooks has it. A request without one says all in its
 * address: then it is the address' last step and its query, byte for byte, such as `ended?origem=3501&destino=47`.
 */
function toSignedPayload(caller: Caller): Buffer {
  if (hasBody(caller)) return caller.body;
  const { path, query } = caller;
  // An address comes as one character a byte.
  return Buffer.from(query === '' ? toLastStep(path) : `${toLastStep(path)}?${query}`, 'latin1');
}

function hasBody(caller: Caller): caller is Caller & { body: Buffer } {
  return caller.body !== null && caller.body.length > 0;
}

function toLastStep(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
