/** Every Redis key, stream, channel and queue of the system. Nothing else may spell one out. */

/** Queue name and BullMQ prefix; the braces keep the queue's keys in one cluster slot. */
export const DIAL_QUEUE = { name: 'dial', prefix: '{ramal-queue}' } as const;

/** The consumer group that carries events to PostgreSQL. */
export const HISTORY_GROUP = 'history';

/** The field of a stream entry that holds the event's JSON. */
export const EVENT_FIELD = 'e';

/** The field of a stream entry that holds traces, JSON of a `TraceBatch`: they travel with the events and may be lost. */
export const TRACE_FIELD = 't';

/** How many partitions tenants are spread over. A deployment keeps this number for life. */
export const DEFAULT_PARTITIONS = 8;

export interface Names {
  readonly partitions: number;
  partitionOf(tenant: string): number;
  /** The stream of call events of one partition. */
  events(partition: number): string;
  /** Intents whose outcome is due, scored by deadline (epoch ms). */
  dueIntents(partition: number): string;
  /** Calls without an end, scored by when to look at them again (epoch ms). */
  openCalls(partition: number): string;
  /** Gateways that live, scored by when their lease ends (epoch ms). */
  gateways(partition: number): string;
  intent(tenant: string, intentId: string): string;
  /** The intent of an agent's last click on a number, for a second or two. */
  recentDial(tenant: string, user: string, to: string): string;
  /** How often something was dialled of late: by an agent, by the tenant, to a destination; and what was counted. */
  dialRate(tenant: string, scope: 'agent' | 'tenant' | 'destination' | 'intent', id: string): string;
  /** A tenant's CTI: dials under way at it, their pace, and whether it is asked at all. */
  cti(tenant: string): string;
  /** Tenants whose CTI is not asked, scored by until when (epoch ms). */
  ctisDown(partition: number): string;
  /** Prefix of all live calls of a tenant; the callId follows. */
  callPrefix(tenant: string): string;
  call(tenant: string, callId: string): string;
  /** The recent calls of one extension. */
  ramalCalls(tenant: string, ramal: string): string;
  /** The recent calls of one extension with one far end: what a callback is matched against. */
  line(tenant: string, ramal: string, peerKey: string): string;
  /** The callId behind a CTI's call id. */
  external(tenant: string, externalCallId: string): string;
  dedupe(tenant: string, eventId: string): string;
  /** That a signed callback was stored, by the hash of its webhook-id. */
  webhookId(tenant: string, idHash: string): string;
  inbox(tenant: string, user: string): string;
  /** Epoch and last seq of an agent's inbox. */
  inboxMeta(tenant: string, user: string): string;
  popups(tenant: string, user: string): string;
  /** An agent's sockets: a hash of name to where, since when, until when. */
  presence(tenant: string, user: string): string;
  /** An agent's open sockets, scored by when a person last looked at them (epoch ms). */
  focus(tenant: string, user: string): string;
  /** A hash of an agent's pop-ups to the socket that brings each to the front. */
  claims(tenant: string, user: string): string;
  /** Sharded pub/sub channel of one agent. */
  agentChannel(tenant: string, user: string): string;
  /** Sharded pub/sub channel on which one gateway speaks to itself, to know that it still hears. */
  gatewayProbe(gatewayId: string): string;
  /** The same on the server of one partition: on a cluster each can fall silent by itself. */
  partitionProbe(partition: number, gatewayId: string): string;
  /** Written to, so that replicas can be waited for. */
  replicaMark(partition: number): string;
}

/** What an id mostly is; it is spelled as it is. Every key is built anew, some twenty of them for each step of a call. */
const PLAIN = /^[\w~-]+$/;

/**
 * Keeps hostile ids (`:`, `{}`, `*`, `%`) from ever being read as part of a key's structure. Never throws, and
 * no two ids become the same: half a surrogate pair, which has no UTF-8, is spelled `%uD800`.
 */
export function escapeId(id: string): string {
  if (PLAIN.test(id)) return id;
  return id
    .replace(/\p{Cs}|\P{Cs}+/gu, (part) =>
      /^\p{Cs}/u.test(part) ? `%u${toHex(part.charCodeAt(0))}` : encodeURIComponent(part),
    )
    .replace(/[!'()*.]/g, (character) => `%${toHex(character.charCodeAt(0))}`);
}

function toHex(code: number): string {
  return code.toString(16).toUpperCase();
}

const UTF8 = new TextEncoder();

/** FNV-1a over UTF-8, 32 bits: stable across processes and versions, which is all it must be. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (const byte of UTF8.encode(text)) h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
}

/** Names of tenants come from outside too: no more of them are remembered. */
const MOST_KNOWN = 10_000;

/** Builds the names of one deployment. All keys of a tenant share one hash tag, hence one cluster slot. */
export function createNames(partitions = DEFAULT_PARTITIONS): Names {
  const tag = (partition: number) => `ramal:{p${partition}}`;
  // What a tenant's keys have in common is asked for some twenty times for each step of a call.
  const known = new Map<string, { partition: number; tag: string; escaped: string }>();
  const placeOf = (tenant: string) => {
    const found = known.get(tenant);
    if (found !== undefined) return found;
    const partition = hash(tenant) % partitions;
    const place = { partition, tag: tag(partition), escaped: escapeId(tenant) };
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(tenant, place);
    return place;
  };
  const partitionOf = (tenant: string): number => placeOf(tenant).partition;
  const key = (tenant: string, kind: string, ...ids: string[]) => {
    const place = placeOf(tenant);
    let name = `${place.tag}:${kind}:${place.escaped}`;
    for (const id of ids) name += `:${escapeId(id)}`;
    return name;
  };
  return {
    partitions,
    partitionOf,
    events: (partition) => `${tag(partition)}:events`,
    dueIntents: (partition) => `${tag(partition)}:due`,
    openCalls: (partition) => `${tag(partition)}:open`,
    gateways: (partition) => `${tag(partition)}:gateways`,
    intent: (tenant, id) => key(tenant, 'intent', id),
    recentDial: (tenant, user, to) => key(tenant, 'recent', user, to),
    dialRate: (tenant, scope, id) => key(tenant, 'rate', scope, id),
    cti: (tenant) => key(tenant, 'cti'),
    ctisDown: (partition) => `${tag(partition)}:down`,
    callPrefix: (tenant) => `${key(tenant, 'call')}:`,
    call: (tenant, id) => key(tenant, 'call', id),
    ramalCalls: (tenant, ramal) => key(tenant, 'ramal', ramal),
    line: (tenant, ramal, peerKey) => key(tenant, 'line', ramal, peerKey),
    external: (tenant, id) => key(tenant, 'external', id),
    dedupe: (tenant, id) => key(tenant, 'dedupe', id),
    webhookId: (tenant, idHash) => key(tenant, 'webhookid', idHash),
    inbox: (tenant, user) => key(tenant, 'inbox', user),
    inboxMeta: (tenant, user) => key(tenant, 'inboxmeta', user),
    popups: (tenant, user) => key(tenant, 'popups', user),
    presence: (tenant, user) => key(tenant, 'presence', user),
    focus: (tenant, user) => key(tenant, 'focus', user),
    claims: (tenant, user) => key(tenant, 'claims', user),
    agentChannel: (tenant, user) => key(tenant, 'agent', user),
    gatewayProbe: (gatewayId) => `ramal:{gateway-${escapeId(gatewayId)}}:probe`,
    partitionProbe: (partition, gatewayId) => `${tag(partition)}:probe:${escapeId(gatewayId)}`,
    replicaMark: (partition) => `${tag(partition)}:mark`,
  };
}
