export interface SilenceWatch<Socket> {
  /** A whole frame came from it; the first time, it is watched from here on. */
  heard(socket: Socket): void;
  forget(socket: Socket): void;
  stop(): void;
}

export interface SilenceWatchOptions<Socket> {
  /** How long a socket may finish no frame, in ms; at half of it, it is pinged. */
  silenceMs: number;
  ping(socket: Socket): void;
  /** Must lead to `forget`. */
  cut(socket: Socket): void;
}

/** Counted in looks, not by a clock: a process that was held up must hear what waits for it before it cuts anybody. */
const LOOKS = 8;

/**
 * Cuts sockets that send bytes and never finish a frame (threat 9). uWebSockets takes any byte for a sign of life, so
 * a frame that arrives a byte at a time would stay for good, with what it holds in memory; who is in the middle of one
 * can't answer a ping. All others can: browsers do so by themselves.
 */
export function createSilenceWatch<Socket>(options: SilenceWatchOptions<Socket>): SilenceWatch<Socket> {
  const { silenceMs, ping, cut } = options;
  /** Looks since a socket was heard. */
  const silentLooks = new Map<Socket, number>();

  const look = () => {
    for (const [socket, before] of silentLooks) {
      const looks = before + 1;
      silentLooks.set(socket, looks);
      if (looks >= LOOKS) cut(socket);
      else if (looks === LOOKS / 2) ping(socket);
    }
  };
  const timer = setInterval(look, silenceMs / LOOKS);
  timer.unref();

  return {
    heard: (socket) => void silentLooks.set(socket, 0),
    forget: (socket) => void silentLooks.delete(socket),
    stop: () => clearInterval(timer),
  };
}
