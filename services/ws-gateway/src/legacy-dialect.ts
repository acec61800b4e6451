import { randomUUID } from 'node:crypto';
import {
  type ClientOp,
  clientFrame,
  type ConnectionEvent,
  type InboxEvent,
  type PopupKind,
  ramal,
  tenantId,
  userId,
} from '@ramal/contracts';
import { z } from 'zod';
import type { Dialect, EdgeFrame } from './dialect.ts';
import { FrameInvalidError, parseJson } from './parse-frame.ts';

type ServerOp = InboxEvent['op'] | ConnectionEvent['op'] | 'ack' | 'error';

type LegacyAction =
  | { from: 'client'; op: ClientOp; origin: 'public' | 'ours' }
  /** The three pop-ups have a name each; in ramal.v1 they are one event with a kind (R46). */
  | { from: 'server'; op: ServerOp; kind?: PopupKind; origin: 'public' | 'ours' };

/**
 * The legacy dialect's names, and what each is in ramal.v1 (R47). Only login and logout are public; the others are
 * ours, to be changed here and nowhere else once the real ones are known.
 */
export const LEGACY_ACTIONS = {
  login: { from: 'client', op: 'auth', origin: 'public' },
  logout: { from: 'client', op: 'logout', origin: 'public' },
  refresh: { from: 'client', op: 'auth.refresh', origin: 'ours' },
  dial: { from: 'client', op: 'dial', origin: 'ours' },
  dial_cancel: { from: 'client', op: 'dial.cancel', origin: 'ours' },
  popup_seen: { from: 'client', op: 'popup.seen', origin: 'ours' },
  popup_dismiss: { from: 'client', op: 'popup.dismiss', origin: 'ours' },
  focus: { from: 'client', op: 'focus', origin: 'ours' },
  sync: { from: 'client', op: 'sync', origin: 'ours' },
  ping: { from: 'client', op: 'ping', origin: 'ours' },
  logged_in: { from: 'server', op: 'ready', origin: 'ours' },
  ack: { from: 'server', op: 'ack', origin: 'ours' },
  error: { from: 'server', op: 'error', origin: 'ours' },
  popup_start: { from: 'server', op: 'popup.show', kind: 'start', origin: 'ours' },
  popup_incoming: { from: 'server', op: 'popup.show', kind: 'incoming', origin: 'ours' },
  popup_end: { from: 'server', op: 'popup.show', kind: 'end', origin: 'ours' },
  popup_update: { from: 'server', op: 'popup.update', origin: 'ours' },
  popup_hide: { from: 'server', op: 'popup.hide', origin: 'ours' },
  popup_claim: { from: 'server', op: 'popup.claim', origin: 'ours' },
  dial_queued: { from: 'server', op: 'dial.queued', origin: 'ours' },
  dial_requesting: { from: 'server', op: 'dial.requesting', origin: 'ours' },
  dial_accepted: { from: 'server', op: 'dial.accepted', origin: 'ours' },
  dial_failed: { from: 'server', op: 'dial.failed', origin: 'ours' },
  dial_expired: { from: 'server', op: 'dial.expired', origin: 'ours' },
  dial_uncertain: { from: 'server', op: 'dial.uncertain', origin: 'ours' },
  call_created: { from: 'server', op: 'call.created', origin: 'ours' },
  call_answered: { from: 'server', op: 'call.answered', origin: 'ours' },
  call_ended: { from: 'server', op: 'call.ended', origin: 'ours' },
  call_updated: { from: 'server', op: 'call.updated', origin: 'ours' },
  recording_ready: { from: 'server', op: 'recording.ready', origin: 'ours' },
  recording_failed: { from: 'server', op: 'recording.failed', origin: 'ours' },
  cti_status: { from: 'server', op: 'cti.status', origin: 'ours' },
  server_draining: { from: 'server', op: 'server.draining', origin: 'ours' },
  resync: { from: 'server', op: 'resync', origin: 'ours' },
} as const satisfies Record<string, LegacyAction>;

const ACTIONS: Readonly<Record<string, LegacyAction>> = LEGACY_ACTIONS;
const CLIENT_ACTIONS = Object.keys(ACTIONS).filter((name) => ACTIONS[name]?.from === 'client');

/** What ramal.v1 calls a legacy action; null for a name that is not in the table. */
export function fromLegacyName(name: string): LegacyAction | null {
  return Object.hasOwn(ACTIONS, name) ? (ACTIONS[name] ?? null) : null;
}

/** A server's op in the legacy dialect; null for one that has no name there. */
export function toLegacyName(op: string, kind?: string): string | null {
  const named = Object.entries(ACTIONS).find(
    ([, action]) =>
      action.from === 'server' && action.op === op && (action.kind === undefined || action.kind === kind),
  );
  return named?.[0] ?? null;
}

/** Old clients name an `action` where ramal.v1 has an `op`. */
export function isLegacyMessage(text: string): boolean {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === 'object' && message !== null && 'action' in message && !('op' in message);
  } catch {
    return false;
  }
}

const loginMessage = z.object({
  auth: z.object({ login: userId, passwd: z.string().min(1).max(8192) }),
  params: z.object({
    tenant: tenantId,
    ramal: z
      .union([z.number().int().nonnegative().transform(String), z.string()])
      .pipe(ramal)
      .optional(),
    resume: z.object({ epoch: z.string().min(1).max(64), seq: z.number().int().nonnegative() }).optional(),
  }),
});

interface Asked {
  action: string;
  /** The client's own, where it sends one. */
  id: string | number | undefined;
}

/** The dialect of one socket: it remembers what was asked, so that answers can say what they answer. */
export function createLegacyDialect(): Dialect {
  const asked = new Map<unknown, Asked>();
  let lastId = 0;

  const takeAsked = (op: string, replyTo: unknown): Asked | undefined => {
    // `ready` answers the login without saying so.
    const login = [...asked].find(([, { action }]) => op === 'ready' && action === 'login');
    const key = login === undefined ? replyTo : login[0];
    const found = asked.get(key);
    asked.delete(key);
    return found;
  };

  return {
    firstMessage: 'login',
    staysAfterLogout: true,
    parse(text) {
      const message = parseJson(text);
      const { action, id, params } = toMessage(message);
      const known = fromLegacyName(action);
      lastId += 1;
      if (known?.from !== 'client') {
        asked.set(lastId, { action: 'unknown', id });
        throw new FrameInvalidError(
          'unknown_op',
          `action must be one of ${CLIENT_ACTIONS.join(', ')}`,
          lastId,
        );
      }
      asked.set(lastId, { action, id });
      return action === 'login' ? toLogin(message, lastId) : toFrame(known.op, params, lastId);
    },
    encode(text) {
      const { op, replyTo, seq, claimed, ts, data } = JSON.parse(text) as Record<string, unknown> & {
        op: string;
        data: { kind?: string };
      };
      const answered = takeAsked(op, replyTo);
      return JSON.stringify({
        action: toLegacyName(op, data.kind) ?? op,
        ...(answered === undefined ? {} : { reply_to: answered.action, id: answered.id }),
        seq,
        claimed,
        ts,
        params: data,
      });
    },
  };
}

function toMessage(message: unknown): { action: string; id: string | number | undefined; params: unknown } {
  const { action, id, params } = (message ?? {}) as Record<string, unknown>;
  if (typeof action !== 'string') {
    throw new FrameInvalidError('bad_frame', 'a message is a JSON object {action, params}', null);
  }
  return { action, id: typeof id === 'string' || typeof id === 'number' ? id : undefined, params };
}

function toLogin(message: unknown, id: number): EdgeFrame {
  const parsed = loginMessage.safeParse(message);
  if (!parsed.success) throw toInvalid(parsed.error, id);
  const { auth, params } = parsed.data;
  const { tenant, ramal, resume } = params;
  return { op: 'login', id, data: { tenant, user: auth.login, passwd: auth.passwd, ramal, resume } };
}

/** Ops of which nothing but the name counts, whatever old clients send along. */
const BARE_OPS: readonly ClientOp[] = ['logout', 'focus', 'sync', 'ping'];

function toFrame(op: ClientOp, params: unknown, id: number): EdgeFrame {
  const given = typeof params === 'object' && params !== null ? params : {};
  // An old client has no idempotency key; each of its clicks is one of its own then.
  const data = op === 'dial' ? { intentId: randomUUID(), ...given } : given;
  const parsed = clientFrame.safeParse({ op, id, ...(BARE_OPS.includes(op) ? {} : { data }) });
  if (!parsed.success) throw toInvalid(parsed.error, id);
  return parsed.data;
}

function toInvalid(error: z.ZodError, id: number): FrameInvalidError {
  const problems = error.issues.map(({ path, message }) => {
    const [first, ...rest] = path;
    return `${[first === 'data' ? 'params' : first, ...rest].join('.')}: ${message}`;
  });
  return new FrameInvalidError('bad_frame', problems.join('; '), id);
}
