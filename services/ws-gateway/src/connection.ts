import type { AgentInbox, RegisteredSocket, TraceRecorder } from '@ramal/bus';
import { CLOSE, type ClientFrame, type CloseKind } from '@ramal/contracts';
import { type AgentAccess, AgentTokenInvalidError, WireError } from '@ramal/runtime';
import type { AdmittedSocket } from './admission.ts';
import type { AgentHub } from './agent-hub.ts';
import type { AgentRequests, TenantState } from './agent-requests.ts';
import { AgentSession } from './agent-session.ts';
import { type AuthFrame, toAuthClose, toManners, toReady } from './auth-answer.ts';
import { type BoundSocket, bindSocket } from './bound-socket.ts';
import { chooseDialect, RAMAL_V1 } from './choose-dialect.ts';
import type { Dialect, EdgeFrame } from './dialect.ts';
import { isUnexpected, toWireError } from './errors.ts';
import type { Events } from './events.ts';
import type { LegacyLogin } from './legacy-login.ts';
import { createFrameLimit } from './frame-limit.ts';
import { FrameInvalidError } from './parse-frame.ts';
import type { PresenceKeeper } from './presence-keeper.ts';
import type { RedisLink } from './redis-link.ts';
import { toTold } from './tenant-watch.ts';
import type { AgentSocket, SocketHandlers } from './uws-server.ts';

export interface ConnectionDeps {
  hub: AgentHub;
  inbox: AgentInbox;
  presence: Pick<PresenceKeeper, 'join' | 'focus' | 'logOut' | 'leave'>;
  requests: AgentRequests;
  link: Pick<RedisLink, 'cutOff'>;
  events: Events;
  verify: AgentAccess['verify'];
  /** Asked at each dial, too (threat 7). */
  requireStanding: AgentAccess['requireStanding'];
  login: LegacyLogin;
  authTimeoutMs: number;
  heartbeatMs: number;
  maxSocketsPerAgent: number;
  messagesPerSec: number;
  bytesPerSec: number;
  maxFrameBytes: number;
  recorder?: TraceRecorder;
}

/** Frames that wait for the one before them; a client this far ahead is not one of ours. */
const MOST_QUEUED = 200;
/** Broken frames a socket may send before it is cut. */
const MOST_BROKEN = 20;

/** Where a socket stands that handles no frame. */
const IDLE: Promise<void> = Promise.resolve();

/** The protocol of one socket: `auth` or a legacy `login` first (R47), then one frame after the other. */
export function openConnection(
  rawSocket: AgentSocket,
  deps: ConnectionDeps,
  admitted: AdmittedSocket,
): SocketHandlers {
  const { events, hub, presence } = deps;
  /** Settled by the first message. */
  let dialect: Dialect | null = null;
  const socket = bindSocket(rawSocket, (frame) => (dialect ?? RAMAL_V1).encode(frame));
  const limit = createFrameLimit(deps.messagesPerSec, deps.bytesPerSec);
  let session: AgentSession | null = null;
  /** Where the session is written down. */
  let place: RegisteredSocket | null = null;
  /** The session's own end of the socket: what is still under way after a logout reaches nobody. */
  let sessionSocket: BoundSocket | null = null;
  let authTimer: NodeJS.Timeout | undefined;
  let expiry: NodeJS.Timeout | undefined;
  let queue = IDLE;
  let queued = 0;
  let broken = 0;
  events.connected();

  const close = (kind: CloseKind) => socket.close(CLOSE[kind].code, CLOSE[kind].reason);
  // Bounds the answer too: with Redis out of reach a client is better sent away than left waiting.
  const awaitAuth = () => {
    authTimer = setTimeout(() => close(session === null ? 'authTimeout' : 'tryLater'), deps.authTimeoutMs);
  };
  awaitAuth();
  const ack = (id: string | number, data: object) =>
    socket.send(JSON.stringify({ op: 'ack', replyTo: id, data }));

  const refuse = (error: unknown, replyTo: string | number | null) => {
    const wire = toWireError(error);
    if (isUnexpected(error)) events.requestFailed(error);
    events.frameRefused(wire.code);
    socket.send(JSON.stringify({ op: 'error', replyTo, data: wire.toData() }));
  };

  const expireAt = (expiresAtMs: number) => {
    clearTimeout(expiry);
    // A timer longer than this fires at once; a token that lives longer outlives the socket anyway.
    expiry = setTimeout(() => close('tokenExpired'), Math.min(expiresAtMs - Date.now(), 2 ** 31 - 1));
  };

  const authenticate = async (frame: AuthFrame) => {
    const verified =
      frame.op === 'auth'
        ? await deps.verify(frame.data.token)
        : await deps.login(frame.data, admitted.remoteAddress);
    deps.requireStanding(verified);
    const { tenant, user } = verified.identity;
    const { active, cti, inactiveUsers } = await tenantState(deps, tenant);
    if (inactiveUsers?.has(user) === true)
      throw new AgentTokenInvalidError('this user is switched off', false);
    if (!active) {
      refuse(new WireError('tenant_disabled', 'this company is not active'), frame.id);
      return close('tenantDisabled');
    }
    if (socket.closed) return;
    if (!admitted.enter(tenant)) {
      events.limited('sockets_per_tenant');
      refuse(new WireError('rate_limited', 'this company has too many connections'), frame.id);
      return close('tryLater');
    }
    const joined = await presence.join(verified.identity, toManners(frame));
    if (socket.closed) return presence.leave(joined);
    place = joined;
    const bound = bindSocket(socket);
    const begun = new AgentSession(
      verified.identity,
      bound,
      deps.inbox,
      events,
      joined.socket,
      deps.recorder,
    );
    begun.agent = verified;
    session = begun;
    sessionSocket = bound;
    await hub.join(begun);
    // Revoked while it joined: no sweep of those who are in has seen it.
    deps.requireStanding(verified);
    for (const oldest of hub.of(verified.identity).slice(0, -deps.maxSocketsPerAgent)) {
      oldest.socket.close(CLOSE.superseded.code, CLOSE.superseded.reason);
    }
    const { resume } = await begun.begin(frame.data.resume ?? null, (state) => {
      // From here on the tenant watch tells what changes.
      begun.cti = toTold(cti, deps.link);
      socket.send(toReady(verified, begun.cti, state, deps.heartbeatMs));
    });
    if (socket.closed) return;
    clearTimeout(authTimer);
    authTimer = undefined;
    expireAt(verified.expiresAtMs);
    events.authenticated({ tenant, user, resume: resume.status });
  };

  const failAuth = (error: unknown, id: string | number) => {
    refuse(error, id);
    const kind = toAuthClose(error);
    if (kind !== 'tryLater') events.authFailed();
    close(kind);
  };

  /** The agent logged out, or another is to log in on this socket. */
  const unbind = (current: AgentSession) => {
    hub.leave(current);
    admitted.leave();
    sessionSocket?.release();
    session = null;
    clearTimeout(expiry);
    if (!socket.closed) awaitAuth();
  };

  const refresh = async (current: AgentSession, frame: Extract<ClientFrame, { op: 'auth.refresh' }>) => {
    const renewed = await deps.verify(frame.data.token);
    const { identity, expiresAtMs } = renewed;
    if (identity.tenant !== current.identity.tenant || identity.user !== current.identity.user) {
      throw new WireError('auth_failed', 'the new token is of another user; open a new connection for it');
    }
    current.agent = renewed;
    expireAt(expiresAtMs);
    ack(frame.id, { expiresAt: expiresAtMs });
  };

  const serve = async (current: AgentSession, frame: EdgeFrame) => {
    const { requests } = deps;
    const { identity } = current;
    switch (frame.op) {
      case 'auth':
        throw new WireError(
          'bad_frame',
          'this connection is authenticated; use auth.refresh to renew its token',
        );
      case 'login':
        throw new WireError('bad_frame', 'somebody is logged in on this connection; log out first');
      case 'auth.refresh':
        return refresh(current, frame);
      case 'dial':
        if (current.agent !== null) deps.requireStanding(current.agent);
        return ack(frame.id, await requests.dial(identity, frame.data));
      case 'dial.cancel':
        return ack(frame.id, await requests.cancelDial(identity, frame.data.intentId));
      case 'popup.seen':
        return ack(frame.id, await requests.react(identity, frame.data.popupId, 'popup.seen'));
      case 'popup.dismiss':
        return ack(frame.id, await requests.react(identity, frame.data.popupId, 'popup.dismissed'));
      case 'sync':
        await current.begin(null, (state) => ack(frame.id, state));
        return;
      case 'ping':
        return ack(frame.id, { ts: Date.now() });
      case 'focus':
        if (place !== null) await presence.focus(place);
        return ack(frame.id, {});
      case 'logout':
        if (place !== null) await presence.logOut(place);
        place = null;
        ack(frame.id, {});
        return dialect?.staysAfterLogout === true ? unbind(current) : close('normal');
    }
  };

  const handle = async (text: string | null) => {
    if (socket.closed) return;
    let frame: EdgeFrame;
    try {
      if (text === null) {
        throw new WireError(
          'payload_too_large',
          `frames are JSON text of at most ${deps.maxFrameBytes} bytes`,
        );
      }
      dialect ??= chooseDialect(text);
      frame = dialect.parse(text);
    } catch (error) {
      refuse(error, error instanceof FrameInvalidError ? error.replyTo : null);
      broken += 1;
      if (session === null || broken > MOST_BROKEN) close('protocolError');
      return;
    }
    if (session === null) {
      if (frame.op === 'auth' || frame.op === 'login')
        return authenticate(frame).catch((error: unknown) => failAuth(error, frame.id));
      refuse(new WireError('auth_required', `the first message must be ${dialect.firstMessage}`), frame.id);
      return close('protocolError');
    }
    await serve(session, frame).catch((error: unknown) => {
      refuse(error, frame.id);
      if (toWireError(error).code === 'tenant_disabled') close('tenantDisabled');
      if (frame.op === 'dial' && error instanceof AgentTokenInvalidError) close('authFailed');
    });
  };

  /** Closes a socket that sends too much; what is under way in it afterwards counts no more. */
  const isWithinLimits = (bytes: number): boolean => {
    if (socket.closed) return false;
    const broken = queued > MOST_QUEUED ? 'queue' : limit.take(performance.now(), bytes);
    if (broken === null) return true;
    events.limited(broken);
    refuse(new WireError('rate_limited', `at most ${deps.messagesPerSec} frames a second`), null);
    close('rateLimited');
    return false;
  };

  return {
    onControl: (bytes) => void isWithinLimits(bytes),
    onMessage(text, bytes) {
      if (!isWithinLimits(bytes)) return;
      queued += 1;
      queue = queue
        .then(() => handle(text))
        .catch((error: unknown) => events.requestFailed(error))
        .finally(() => {
          queued -= 1;
          // An idle socket holds on to nothing of the frames it had.
          if (queued === 0) queue = IDLE;
        });
    },
    onClose(code) {
      clearTimeout(authTimer);
      clearTimeout(expiry);
      if (session !== null) hub.leave(session);
      if (place !== null) presence.leave(place);
      place = null;
      events.disconnected(code);
    },
  };
}

/** The directory being out of reach keeps nobody from hearing of their calls: a dial is checked again anyway. */
async function tenantState(deps: ConnectionDeps, tenant: string): Promise<TenantState> {
  try {
    return await deps.requests.tenantState(tenant);
  } catch (error) {
    deps.events.backgroundFailed('tenant directory', error);
    return { active: true, cti: { enabled: true, state: 'ok' } };
  }
}
