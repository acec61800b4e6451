import type { DialIntent } from '@ramal/bus';
import {
  type AnswerRules,
  buildOriginate,
  CtiCredentialInvalidError,
  CtiCredentialsMissingError,
  type DialDialect,
  NumberNotDiallableError,
  type OriginateRequest,
  toDialReason,
} from '@ramal/cti';
import { judgeDial, SealedSecretError, type TenantLookup } from '@ramal/store';
import { DialRefusedError } from './errors.ts';
import type { Events } from './events.ts';

interface PreparedDial {
  request: OriginateRequest;
  dialect: DialDialect;
  rules: AnswerRules;
}

/** Looks everything up and builds the request. @throws DialRefusedError */
export async function prepareDial(
  intent: DialIntent,
  deps: { lookup: TenantLookup; events: Pick<Events, 'secretUnreadable'> },
): Promise<PreparedDial> {
  try {
    return await buildRequest(intent, deps.lookup);
  } catch (error) {
    if (!(error instanceof SealedSecretError)) throw error;
    // Whoever looks after the keys must mend it; no retry would.
    const { tenant, intentId, callId } = intent;
    deps.events.secretUnreadable({ tenant, intentId, callId, field: error.field, why: error.message });
    throw new DialRefusedError('cti_config_invalid');
  }
}

async function buildRequest(intent: DialIntent, lookup: TenantLookup): Promise<PreparedDial> {
  const profile = await lookup.profile(intent.tenant);
  if (profile === null || !profile.tenant.active) throw new DialRefusedError('tenant_disabled');
  if (profile.cti.status !== 'ok') throw new DialRefusedError(toDialReason(profile.cti));
  // Judged at the click already, and again: the company may have thought better of it since (threat 1).
  const { denied, internal } = judgeDial(profile, intent.to);
  if (denied !== null) throw new DialRefusedError(denied);
  const credentials = await lookup.credentials(intent.tenant, intent.user);
  if (credentials === null) throw new DialRefusedError('cti_credentials_missing');
  try {
    const { config } = profile.cti;
    const request = buildOriginate({
      config,
      // The extension of the click, also when the user's has changed since.
      credentials: { ...credentials, ramal: intent.ramal },
      number: intent.to,
      internal,
      callId: intent.callId,
    });
    return { request, dialect: config.dialect, rules: config.answer };
  } catch (error) {
    if (
      error instanceof CtiCredentialsMissingError ||
      error instanceof CtiCredentialInvalidError ||
      error instanceof NumberNotDiallableError
    ) {
      throw new DialRefusedError(error.code);
    }
    throw error;
  }
}
