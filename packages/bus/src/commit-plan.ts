import { randomUUID } from 'node:crypto';
import { type AgentDelivery, type CallCommit, type IntentChange, toReapAt } from '@ramal/calls';
import { EVENT_FIELD, type Names, uuidV7Time } from '@ramal/contracts';

const HOUR_MS = 60 * 60 * 1000;
const KEEP = {
  dedupeMs: 10 * 60 * 1000,
  openCallMs: 12 * HOUR_MS,
  endedCallMs: 3 * HOUR_MS,
  lineMs: 12 * HOUR_MS,
  lineLength: 16,
  ramalCalls: 64,
  intentMs: 24 * HOUR_MS,
  popupsMs: 12 * HOUR_MS,
  tidyPopupsAbove: 60,
  mostPopups: 50,
  inboxMs: 10 * 60 * 1000,
  inboxLength: 1_000,
  metaMs: 48 * HOUR_MS,
};
/** When a call without an end is looked at after a commit of who does not know how long its tenant lets it stay open. */
const LOOK_AFTER_MS = 60_000;

/** What commit.lua is given: the keys, and what is done with which of them. */
export interface CommitPlan {
  keys: string[];
  body: object;
}

const COMMON = {
  dedupeMs: KEEP.dedupeMs,
  lineMs: KEEP.lineMs,
  lineLength: KEEP.lineLength,
  ramalCalls: KEEP.ramalCalls,
  popupsMs: KEEP.popupsMs,
  tidyPopupsAbove: KEEP.tidyPopupsAbove,
  mostPopups: KEEP.mostPopups,
  inboxMs: KEEP.inboxMs,
  inboxLength: KEEP.inboxLength,
  metaMs: KEEP.metaMs,
  lookAfterMs: LOOK_AFTER_MS,
  eventField: EVENT_FIELD,
};

function createKeyList() {
  const all: string[] = [];
  return { all, add: (key: string) => all.push(key) };
}
type KeyList = ReturnType<typeof createKeyList>;

/**
 * A step of a call.
 * @param maxCallMs for how long after the last word on it the tenant's call stays open; null where that is not known
 */
export function toCommitPlan(commit: CallCommit, names: Names, maxCallMs: number | null): CommitPlan {
  const { tenant, callId } = commit;
  if (commit.events.length === 0) throw new RangeError('a commit carries at least one event');
  const lookAt = commit.ended || maxCallMs === null ? null : toReapAt(commit.events, maxCallMs);
  const keys = createKeyList();
  const body = {
    ...COMMON,
    dedupe: keys.add(names.dedupe(tenant, commit.commitId)),
    epoch: randomUUID(),
    ...(commit.intent === undefined ? {} : { intent: toIntentPlan(tenant, commit.intent, names, keys) }),
    ...(commit.resolves === undefined ? {} : { resolves: keys.add(names.intent(tenant, commit.resolves)) }),
    call: {
      id: callId,
      key: keys.add(names.call(tenant, callId)),
      version: commit.expectedVersion,
      events: JSON.stringify(commit.events),
      ended: commit.ended,
      keepMs: commit.ended ? KEEP.endedCallMs : KEEP.openCallMs,
      open: keys.add(names.openCalls(names.partitionOf(tenant))),
      member: toDueMember(tenant, callId),
      ...(lookAt === null ? {} : { lookAt }),
      startedAt: uuidV7Time(callId),
      lines: commit.lines.map(({ ramal, peerKey }) => ({
        key: keys.add(names.line(tenant, ramal, peerKey)),
        ramalCalls: keys.add(names.ramalCalls(tenant, ramal)),
      })),
      expected: (commit.expectedLines ?? []).map(({ line, version }) => ({
        key: keys.add(names.line(tenant, line.ramal, line.peerKey)),
        version,
      })),
      ...(commit.externalCallId === undefined
        ? {}
        : { external: keys.add(names.external(tenant, commit.externalCallId)) }),
    },
    stream: keys.add(names.events(names.partitionOf(tenant))),
    events: commit.events.slice(-(commit.newEvents ?? 1)).map((one) => JSON.stringify(one)),
    agents: commit.deliveries.map((delivery) => toAgentPlan(tenant, delivery, names, keys)),
  };
  return { keys: keys.all, body };
}

/**
 * A change of an intent alone.
 * @param look asks for the intent and its call as they are then: the prefix of the tenant's call keys
 */
export function toChangePlan(
  tenant: string,
  change: IntentChange,
  names: Names,
  look: { look?: string } = {},
): CommitPlan {
  const keys = createKeyList();
  const intent = { ...toIntentPlan(tenant, change, names, keys), ...look };
  return { keys: keys.all, body: { ...COMMON, intent, agents: [] } };
}

function toIntentPlan(tenant: string, change: IntentChange, names: Names, keys: KeyList): object {
  const { intentId, from, fence, beforeDeadline, afterDeadlineMs, set, click, watch } = change;
  return {
    key: keys.add(names.intent(tenant, intentId)),
    due: keys.add(names.dueIntents(names.partitionOf(tenant))),
    member: toDueMember(tenant, intentId),
    from,
    set: Object.entries(set).flat(),
    keepMs: KEEP.intentMs,
    ...(fence === undefined ? {} : { fence }),
    ...(beforeDeadline === true ? { before: true } : {}),
    ...(afterDeadlineMs === undefined ? {} : { after: afterDeadlineMs }),
    ...(click === undefined
      ? {}
      : {
          click: {
            intentId,
            recent: keys.add(names.recentDial(tenant, click.user, click.to)),
            forMs: click.forMs,
          },
        }),
    ...(typeof watch === 'number' ? { watch } : {}),
    ...(watch === 'settled' ? { settled: true } : {}),
  };
}

function toAgentPlan(tenant: string, { user, messages }: AgentDelivery, names: Names, keys: KeyList): object {
  return {
    inbox: keys.add(names.inbox(tenant, user)),
    meta: keys.add(names.inboxMeta(tenant, user)),
    popups: keys.add(names.popups(tenant, user)),
    gateways: keys.add(names.gateways(names.partitionOf(tenant))),
    presence: keys.add(names.presence(tenant, user)),
    focus: keys.add(names.focus(tenant, user)),
    claims: keys.add(names.claims(tenant, user)),
    channel: keys.add(names.agentChannel(tenant, user)),
    messages: messages.map(({ op, ts, data, popup }) => ({
      body: JSON.stringify({ op, ts, data }),
      ...(popup === undefined
        ? {}
        : { change: popup.change, popupId: popup.popup.popupId, popup: JSON.stringify(popup.popup) }),
    })),
  };
}

/** How an intent or an open call is written in the set of those that are due. */
export function toDueMember(tenant: string, id: string): string {
  return JSON.stringify([tenant, id]);
}
