import { setTimeout as delay } from 'node:timers/promises';
import { openRawAgentSocket, type RawAgentSocket } from './raw-agent-socket.ts';
import type { SocketInput } from './socket-input.ts';
import { OPCODE, toFrameBytes } from './ws-frames.ts';

/** What came back on a socket. */
export interface SocketExchange {
  /** Answers and what a first message gets; the agent's events, which may hold anything a caller sent, are left out. */
  answers: string[];
  closed: { code: number; reason: string } | null;
  /** False: the next ping got no answer in time, and the socket was not closed either. */
  finished: boolean;
  ms: number;
}

export interface SocketLane {
  exchange(input: SocketInput): Promise<SocketExchange>;
  /** Asks on the lane's logged-in socket, in the protocol; the answer's text. @throws Error without one */
  ask(op: string, id: string, data: object): Promise<string>;
  close(): void;
}

/** Bytes below the level of messages may say that more are to come: then nobody answers, and rightly. */
const RAW_WAIT_MS = 60;
const MOST_LOGINS = 10;
const LOGIN_AGAIN_MS = 500;
const ANSWER = /^\{"op":"(?:ack|error|ready)"|^\{"action":"(?:ack|error|logged_in)"/;

/** One agent's connection, made anew whenever the gateway closes it; one input at a time. */
export function createSocketLane(options: {
  gatewayUrl: string;
  token: string;
  timeoutMs: number;
}): SocketLane {
  const { gatewayUrl, token, timeoutMs } = options;
  let socket: RawAgentSocket | null = null;
  let lastPing = 0;

  const until = (one: RawAgentSocket, isOver: (answers: readonly string[]) => boolean, waitMs: number) =>
    new Promise<{ answers: string[]; finished: boolean }>((resolve) => {
      const answers: string[] = [];
      const finish = (finished: boolean) => {
        clearTimeout(timer);
        one.onNews = () => undefined;
        resolve({ answers, finished });
      };
      const timer = setTimeout(() => finish(false), waitMs);
      one.onNews = () => {
        answers.push(...one.take().filter((text) => ANSWER.test(text)));
        if (isOver(answers) || one.closed !== null) finish(true);
      };
      one.onNews();
    });

  const logIn = async (): Promise<RawAgentSocket> => {
    if (socket !== null && socket.closed === null) return socket;
    for (let tries = 1; ; tries++) {
      try {
        return await logInOnce();
      } catch (error) {
        // Turned away for a moment, a client comes back.
        if (tries >= MOST_LOGINS) throw error;
        await delay(LOGIN_AGAIN_MS);
      }
    }
  };

  const logInOnce = async (): Promise<RawAgentSocket> => {
    const opened = await openRawAgentSocket(gatewayUrl, timeoutMs);
    opened.say(JSON.stringify({ op: 'auth', id: 'auth', data: { token } }));
    const { answers } = await until(opened, ([first]) => first !== undefined, timeoutMs);
    if (!answers[0]?.startsWith('{"op":"ready"')) {
      opened.destroy();
      throw new Error(`a good agent could not log in: ${answers[0] ?? JSON.stringify(opened.closed)}`);
    }
    socket = opened;
    return opened;
  };

  /** Sends the input with a ping behind it, whose answer says that the input is dealt with. */
  const send = async (one: RawAgentSocket, input: SocketInput, waitMs: number) => {
    lastPing += 1;
    const id = `ping-${lastPing}`;
    const ping = JSON.stringify(input.legacy ? { action: 'ping', id, params: {} } : { op: 'ping', id });
    const startedMs = performance.now();
    const pingBytes = toFrameBytes({ opcode: OPCODE.text, payload: Buffer.from(ping) });
    one.write(Buffer.concat([input.bytes, pingBytes]));
    const isPingAnswer = (text: string) => text.includes(`"${id}"`);
    const { answers, finished } = await until(one, (all) => all.some(isPingAnswer), waitMs);
    return {
      answers: answers.filter((text) => !isPingAnswer(text)),
      finished,
      ms: performance.now() - startedMs,
    };
  };

  return {
    async exchange(input) {
      const one = input.kind === 'first' ? await openRawAgentSocket(gatewayUrl, timeoutMs) : await logIn();
      const waitMs = input.kind === 'raw' ? RAW_WAIT_MS : timeoutMs;
      const { answers, finished, ms } = await send(one, input, waitMs);
      const { closed } = one;
      if (input.kind === 'first' || !finished) one.destroy();
      if (input.kind === 'raw' && !finished) {
        // Whether it hurt anybody a new connection tells.
        socket = null;
        const next = await logIn();
        const nothing = { ...input, bytes: Buffer.alloc(0) };
        return { ...(await send(next, nothing, timeoutMs)), answers, closed: next.closed };
      }
      return { answers, closed, finished, ms };
    },
    async ask(op, id, data) {
      const one = await logIn();
      one.say(JSON.stringify({ op, id, data }));
      const isAnswer = (text: string) => text.includes(`"replyTo":"${id}"`);
      const { answers } = await until(one, (all) => all.some(isAnswer), timeoutMs);
      const answer = answers.find(isAnswer);
      if (answer === undefined) throw new Error(`${op} got no answer`);
      return answer;
    },
    close() {
      socket?.destroy();
      socket = null;
    },
  };
}
