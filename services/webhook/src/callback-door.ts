import type { CallbackKind } from '@ramal/calls';
import { WireError } from '@ramal/runtime';
import type { TenantLookup, TenantProfile } from '@ramal/store';
import type { FastifyRequest } from 'fastify';
import { type Admission, type CallbackGuard, type Caller, CallerRefusedError } from './callback-guard.ts';
import { createClientAddress } from './client-address.ts';
import type { Events } from './events.ts';
import type { FloodGate } from './flood-gate.ts';
import type { Ingested } from './ingest-callback.ts';
import type { RefusalNote } from './note-refusal.ts';
import type { Variable } from './read-variables.ts';
import type { TenantLanes } from './tenant-lanes.ts';

/** What a request is told of as a call, should it be refused; null where it tells of none. */
interface RefusableCallback {
  kind: CallbackKind;
  read(): readonly Variable[];
}

/** The door that every callback comes through, whatever its address: who may speak for a tenant, and how much. */
export interface CallbackDoor {
  /** @throws WireError `unavailable` when the address asks more often than it may */
  knock(request: FastifyRequest): void;
  /** The tenant of a token, from memory where the caller may cause no query. */
  findProfile(request: FastifyRequest, token: string): Promise<TenantProfile | null>;
  /** @throws CallerRefusedError, which the call's timeline then tells of */
  admit(
    profile: TenantProfile,
    request: FastifyRequest,
    refusable: RefusableCallback | null,
  ): Promise<Admission>;
  /** Stores a callback of a caller who was admitted. */
  store(
    profile: TenantProfile,
    kind: CallbackKind,
    admission: Admission,
    ingest: () => Promise<Ingested>,
  ): Promise<Ingested>;
  /** Answers what changes nothing. */
  ask<T>(profile: TenantProfile, admission: Admission, answer: () => Promise<T>): Promise<T>;
}

export interface CallbackDoorOptions {
  lookup: TenantLookup;
  guard: CallbackGuard;
  gate: FloodGate;
  lanes: TenantLanes;
  events: Events;
  noteRefusal?: RefusalNote | undefined;
  /** Proxies in front of the webhook whose `X-Forwarded-For` is believed. */
  trustedProxies: number;
}

export function createCallbackDoor(options: CallbackDoorOptions): CallbackDoor {
  const { lookup, guard, gate, lanes, events, noteRefusal, trustedProxies } = options;
  const toAddress = createClientAddress(trustedProxies);
  const addressOf = (request: FastifyRequest): string | null => {
    const forwarded = request.headers['x-forwarded-for'];
    return toAddress({
      remoteAddress: request.raw.socket.remoteAddress,
      forwardedFor: Array.isArray(forwarded) ? forwarded.join(',') : forwarded,
    });
  };
  /** The refusal is told where it happens: at the guard, or when the message's id and time are looked at. */
  const telling = async <T>(
    profile: TenantProfile,
    refusable: RefusableCallback | null,
    work: () => Promise<T>,
  ): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof CallerRefusedError) {
        events.callerRefused({ tenant: profile.tenant.tenant, reason: error.reason });
        if (refusable !== null) {
          noteRefusal?.(profile, refusable.kind, refusable.read, 'callback_refused', error.reason);
        }
      }
      throw error;
    }
  };

  return {
    knock(request) {
      if (gate.admit(addressOf(request))) return;
      events.shed('address_rate');
      throw new WireError('unavailable', 'too many requests of this address at once; send it again');
    },
    findProfile(request, token) {
      return lookup.byCallbackToken(token, () => {
        const mayTry = gate.mayTry(addressOf(request));
        if (!mayTry) events.shed('unknown_tokens');
        return mayTry;
      });
    },
    async admit(profile, request, refusable) {
      const admission = await telling(profile, refusable, () =>
        guard(profile, { ...toCaller(request), address: addressOf(request) }),
      );
      return {
        query: admission.query,
        ...(admission.signed === undefined ? {} : { signed: admission.signed }),
        once: (store) => telling(profile, refusable, () => admission.once(store)),
        ask: (answer) => telling(profile, refusable, () => admission.ask(answer)),
      };
    },
    store(profile, kind, admission, ingest) {
      const { tenant } = profile.tenant;
      const startedMs = performance.now();
      return lanes.run(tenant, async () => {
        let isIngested = false;
        const told = await admission.once(() => {
          isIngested = true;
          return ingest();
        });
        // The other ones were told of by those who stored them.
        if (!isIngested) {
          const { callId, outcome } = told;
          events.received({ tenant, kind, callId, outcome, ms: performance.now() - startedMs });
        }
        return told;
      });
    },
    ask: (profile, admission, answer) => lanes.run(profile.tenant.tenant, () => admission.ask(answer)),
  };
}

function toCaller(request: FastifyRequest): Omit<Caller, 'address'> {
  const { url, headers } = request;
  const mark = url.indexOf('?');
  return {
    headers,
    path: mark === -1 ? url : url.slice(0, mark),
    query: toQuery(url),
    body: toBody(request),
  };
}

/** Only the first `?` begins the query: PBXs write recordings' addresses unescaped. */
export function toQuery(url: string): string {
  const mark = url.indexOf('?');
  return mark === -1 ? '' : url.slice(mark + 1);
}

export function toBody(request: FastifyRequest): Buffer | null {
  return Buffer.isBuffer(request.body) ? request.body : null;
}
