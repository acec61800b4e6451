import { randomUUID } from 'node:crypto';
import { type CallBus, createCallBus } from '@ramal/bus';
import type { Names } from '@ramal/contracts';
import { newCallId } from '@ramal/runtime';
import type { Redis } from 'ioredis';
import type { CrowdAgent } from '../speed/agents.ts';

/** Makes pop-ups as the webhook does: one atomic step that writes the call, the inbox and the pop-up, and publishes. */
export interface PopupPublisher {
  /** A call that rings with each of these agents, all of one company: a pop-up for each. */
  publish(agents: readonly CrowdAgent[]): Promise<void>;
}

/** Shorter than a pop-up's own, so that a bench's do not pile up. */
const LIFETIME_MS = 2_000;

/**
 * Every side's pop-ups are made so, whoever forwards them: Redis does the same, and what the sides cost differs by what
 * they do alone.
 */
export function createPopupPublisher(redis: Redis, names: Names): PopupPublisher {
  const bus = createCallBus(redis, names);
  return {
    async publish(agents) {
      const { outcome } = await bus.commit(toCommit(agents, Date.now()));
      if (outcome !== 'applied') throw new Error(`the pop-up was not published: ${outcome}`);
    },
  };
}

/** The pop-up as an agent's socket gets it, for sides that publish in a way of their own. */
export function toPopupBody(agent: CrowdAgent): object {
  const { op, ts, data } =
    toDelivery(agent, newCallId(Date.now()), '4732100123', Date.now()).messages[0] ?? {};
  return { op, ts, data };
}

type Commit = Parameters<CallBus['commit']>[0];

function toDelivery(
  { user, ramal }: CrowdAgent,
  callId: string,
  peer: string,
  nowMs: number,
): Commit['deliveries'][number] {
  const popup = {
    popupId: randomUUID(),
    kind: 'incoming' as const,
    callId,
    direction: 'inbound' as const,
    state: 'ringing' as const,
    peer: { raw: peer, e164: null, display: peer },
    ramal,
    startedAt: nowMs,
    expiresAt: nowMs + LIFETIME_MS,
  };
  return { user, messages: [{ op: 'popup.show', ts: nowMs, data: popup, popup: { change: 'show', popup } }] };
}

function toCommit(agents: readonly CrowdAgent[], nowMs: number): Commit {
  const [first] = agents;
  if (first === undefined) throw new RangeError('a call rings with somebody');
  const { tenant, user, ramal } = first;
  const callId = newCallId(nowMs);
  const peer = `4732${String(Math.floor(Math.random() * 1e6)).padStart(6, '0')}`;
  return {
    tenant,
    callId,
    commitId: randomUUID(),
    expectedVersion: 0,
    events: [
      {
        type: 'call.incoming',
        eventId: randomUUID(),
        tenant,
        callId,
        at: nowMs,
        direction: 'inbound',
        ramal,
        user,
        peer,
        origin: peer,
        destination: ramal,
        matchedBy: 'created',
      },
    ],
    ended: false,
    lines: [{ ramal, peerKey: peer }],
    expectedLines: [],
    deliveries: agents.map((agent) => toDelivery(agent, callId, peer, nowMs)),
  };
}
