import { randomUUID } from 'node:crypto';
import { reduceCall, toLegs, toLegView } from '@ramal/calls';
import { type CallView, type Names, type Popup, popup } from '@ramal/contracts';
import type { Redis } from 'ioredis';
import type { CallBus } from './call-bus.ts';
import { loadScript } from './load-script.ts';

/** One event of an agent's inbox as it was stored: JSON of `{op, ts, data}`. */
export interface InboxEntry {
  seq: number;
  body: string;
}

export interface InboxPage {
  /** Changes when the inbox was lost or has been silent for days; seqs of two epochs don't compare. */
  epoch: string;
  /** The last seq given out. */
  seq: number;
  /** Entries after the asked-for seq, in order. */
  entries: InboxEntry[];
  /** False when entries between the asked-for seq and the first one here are gone. */
  complete: boolean;
  /** The pop-ups that stand at `seq`: neither expired nor dismissed. */
  popups: Popup[];
  /** Of pop-ups by id: the one socket of the agent's that brings it to the front. */
  claims: ReadonlyMap<string, string>;
  /** When all this was so: Redis time, epoch ms. */
  nowMs: number;
}

export interface AgentInbox {
  /**
   * Reads, at one moment, what came after `sinceSeq` and which pop-ups stand; null reads no entries.
   * Begins the inbox if there is none.
   */
  read(tenant: string, user: string, sinceSeq: number | null): Promise<InboxPage>;
  /** The agent's calls that have not ended, oldest first. */
  openCalls(tenant: string, user: string, ramal: string): Promise<CallView[]>;
  /** The live pop-up of this id, or null. */
  findPopup(tenant: string, user: string, popupId: string): Promise<Popup | null>;
}

const META_TTL_MS = 48 * 60 * 60 * 1000;

export function createAgentInbox(redis: Redis, names: Names, bus: CallBus): AgentInbox {
  const script = loadScript(redis, 'inbox');
  return {
    async read(tenant, user, sinceSeq) {
      const keys = [
        names.inboxMeta(tenant, user),
        names.popups(tenant, user),
        names.claims(tenant, user),
        names.inbox(tenant, user),
      ];
      const from = sinceSeq === null ? '' : `${sinceSeq + 1}-0`;
      const [now, epoch, seq, popups, claims, flat] = (await script(keys, [
        randomUUID(),
        META_TTL_MS,
        from,
      ])) as [string, string, string, string[], string[], string[]];
      const nowMs = Number(now);
      const last = Number(seq);
      const entries = toPairs(flat).map(([id, body]) => ({ seq: Number.parseInt(id, 10), body }));
      const first = entries[0]?.seq ?? last + 1;
      return {
        epoch,
        seq: last,
        entries,
        complete: sinceSeq === null || (first <= sinceSeq + 1 && sinceSeq <= last),
        popups: toLivePopups(popups, nowMs),
        claims: new Map(toPairs(claims)),
        nowMs,
      };
    },
    async openCalls(tenant, user, ramal) {
      const view = await bus.view({ tenant, ramal });
      const calls = view.calls.flatMap(({ events }) => {
        const leg = toLegs(events).find((candidate) => candidate.user === user);
        const call = leg === undefined ? undefined : toLegView(reduceCall(events), leg);
        return call === undefined || call.state === 'ended' ? [] : [call];
      });
      return calls.sort((a, b) => a.startedAt - b.startedAt);
    },
    async findPopup(tenant, user, popupId) {
      const json = await redis.hget(names.popups(tenant, user), popupId);
      return json === null ? null : popup.parse(JSON.parse(json));
    },
  };
}

function toLivePopups(stored: readonly string[], nowMs: number): Popup[] {
  return stored
    .flatMap((json) => {
      // Written by a newer version during a deploy: what this one can't read it doesn't show.
      const parsed = popup.safeParse(JSON.parse(json));
      return parsed.success ? [parsed.data] : [];
    })
    .filter(({ expiresAt }) => expiresAt > nowMs)
    .sort((a, b) => a.startedAt - b.startedAt);
}

function toPairs(flat: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) pairs.push([flat[i] ?? '', flat[i + 1] ?? '']);
  return pairs;
}
