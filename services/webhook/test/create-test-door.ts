import type { WebhookIds } from '@ramal/bus';
import type { CallbackProtection, TenantLookup } from '@ramal/store';
import { createBasicCheck } from '../src/basic-check.ts';
import { type CallbackDoor, createCallbackDoor } from '../src/callback-door.ts';
import { createCallbackGuard } from '../src/callback-guard.ts';
import type { Events } from '../src/events.ts';
import { createFloodGate, type FloodGateOptions } from '../src/flood-gate.ts';
import type { RefusalNote } from '../src/note-refusal.ts';
import { createTenantLanes, type TenantLanesOptions } from '../src/tenant-lanes.ts';

export const OPEN_TO_ALL: CallbackProtection = { networks: null, signingKeys: null, basicLogins: null };

export interface TestDoorOptions {
  lookup: TenantLookup;
  events: Events;
  /** Default: nothing is asked for beside the token. */
  protectionOf?: (tenant: string) => Promise<CallbackProtection>;
  /** Default: every message is new, and none is remembered. */
  webhookIds?: WebhookIds;
  noteRefusal?: RefusalNote;
  trustedProxies?: number;
  gate?: Partial<FloodGateOptions>;
  lanes?: Partial<TenantLanesOptions>;
}

/** The door of `service.ts` with limits that no test meets by chance. */
export function createTestDoor(options: TestDoorOptions): CallbackDoor {
  const { lookup, events, noteRefusal, trustedProxies = 0 } = options;
  const gate = createFloodGate({ requestsPerSec: 100_000, triesPerSec: 10_000, ...options.gate });
  const lanes = createTenantLanes({
    concurrency: 1_000,
    queue: 1_000,
    perSec: 100_000,
    longestWaitMs: 10_000,
    onShed: (limit) => events.shed(limit),
    ...options.lanes,
  });
  const guard = createCallbackGuard({
    protectionOf: options.protectionOf ?? (async () => OPEN_TO_ALL),
    basic: createBasicCheck(),
    webhookIds: options.webhookIds ?? {
      check: async () => ({ kind: 'new' }),
      seen: async () => ({ kind: 'new' }),
      markStored: async () => undefined,
    },
    mayTry: (address) => gate.mayTry(address),
    onBusy: () => events.shed('passwords'),
    onMarkFailed: (error) => events.backgroundFailed('marking a webhook-id', error),
  });
  return createCallbackDoor({ lookup, guard, gate, lanes, events, noteRefusal, trustedProxies });
}
