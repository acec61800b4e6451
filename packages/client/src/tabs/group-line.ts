import type { Alarms } from '../alarms.ts';
import { toRetryDelayMs } from '../connection/backoff.ts';
import type { LinkSettings } from '../connection/link-settings.ts';
import type { LinkStatus, StatusReason } from '../connection/link-status.ts';
import type { AgentTokenHeld } from '../connection/token-source.ts';
import type { Line } from '../line.ts';
import { connectionLost, RamalError } from '../ramal-error.ts';

type GroupAlarm = 'identify';

export interface GroupLineOptions {
  /** @throws what getToken throws */
  getToken(): Promise<AgentTokenHeld>;
  /** The line of those tabs that belong to this person; null for a token that does not say whose it is. */
  openLine(owner: string | null): Line;
  onStatus(status: LinkStatus): void;
  alarms: Alarms<GroupAlarm>;
  settings: LinkSettings;
}

/** A line that waits for a token to say whose it is: two agents in two tabs of a browser stay apart (I6). */
export function createGroupLine(options: GroupLineOptions): Line {
  const { getToken, openLine, onStatus, alarms, settings } = options;
  let line: Line | null = null;
  let status: LinkStatus = { state: 'disconnected', reason: 'not_started' };
  let focused: boolean | null = null;
  let attempt = 0;
  /** Counts what is asked: what comes after a stop is nobody's. */
  let round = 0;

  const setStatus = (next: LinkStatus) => {
    status = next;
    onStatus(next);
  };
  const fail = (error: unknown) => {
    if (error instanceof RamalError && !error.retryable) {
      round += 1;
      return setStatus({ state: 'failed', reason: 'token_denied' });
    }
    setStatus({ state: 'disconnected', reason: 'token_missing' });
    alarms.set('identify', toRetryDelayMs(attempt, settings), identify);
    attempt += 1;
  };
  const identify = () => {
    round += 1;
    const mine = round;
    setStatus({ state: 'connecting', reason: null });
    getToken().then(
      ({ owner }) => {
        if (mine !== round) return;
        line = openLine(owner);
        if (focused !== null) line.setFocused(focused);
        line.start();
      },
      (error: unknown) => {
        if (mine === round) fail(error);
      },
    );
  };

  return {
    get status() {
      return line?.status ?? status;
    },
    get role() {
      return line?.role ?? 'follower';
    },
    start: () => {
      if (line !== null) line.start();
      else if (status.state !== 'connecting') identify();
    },
    stop: (reason: StatusReason) => {
      if (line !== null) return line.stop(reason);
      round += 1;
      alarms.clear('identify');
      return setStatus({ state: 'disconnected', reason });
    },
    hurry: () => {
      if (line !== null) line.hurry();
      else if (status.reason === 'token_missing') identify();
    },
    setFocused: (now) => {
      focused = now;
      line?.setFocused(now);
    },
    send: (op, data) => (line === null ? Promise.reject(connectionLost()) : line.send(op, data)),
  };
}
