import { SUBPROTOCOL } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import WebSocket from 'ws';

/** Many agents' pages that cost little: they come back by themselves and resume, as the browser SDK does. */
export interface AgentHerd {
  /** How many have had their `ready` on the connection they have. */
  ready(): number;
  /** From the end of a connection to the next `ready`, ms, of each return since `forget`. */
  returns(): number[];
  /** How often an agent was shown a pop-up of a call with this number. */
  shown(peer: string): number;
  /** Returns whose place in the inbox was gone. */
  lost(): number;
  /** Forgets the returns so far. */
  forget(): void;
  /** Ends every connection without a word, as a network that breaks does. */
  cut(): void;
  waitReady(timeoutMs: number): Promise<void>;
  close(): void;
}

export interface HerdMember {
  user: string;
  token: string;
}

/** As the SDK's: any moment up to a ceiling that doubles. */
const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** So many open connections at once at the start, so that it measures nothing but itself. */
const OPENED_AT_ONCE = 100;

/** @param urls gateways; whoever loses one tries the next */
export async function openAgentHerd(
  urls: readonly string[],
  members: readonly HerdMember[],
): Promise<AgentHerd> {
  const book: HerdBook = { ready: 0, lost: 0, returns: [], shown: new Map() };
  const agents = members.map((member, i) => createAgent(urls, i, member, book));
  for (let i = 0; i < agents.length; i += OPENED_AT_ONCE) {
    for (const agent of agents.slice(i, i + OPENED_AT_ONCE)) agent.open();
    const wanted = Math.min(i + OPENED_AT_ONCE, agents.length);
    await sleepUntil(() => book.ready >= wanted, {
      timeoutMs: 60_000,
      describe: () => `${book.ready} ready`,
    });
  }
  return {
    ready: () => book.ready,
    returns: () => [...book.returns],
    shown: (peer) => book.shown.get(peer) ?? 0,
    lost: () => book.lost,
    forget: () => void (book.returns = []),
    cut: () => {
      for (const agent of agents) agent.cut();
    },
    waitReady: async (timeoutMs) => {
      await sleepUntil(() => book.ready === agents.length, {
        timeoutMs,
        describe: () => `all ${agents.length} agents; ${book.ready} are back`,
      });
    },
    close: () => {
      for (const agent of agents) agent.stop();
    },
  };
}

interface HerdBook {
  ready: number;
  lost: number;
  returns: number[];
  shown: Map<string, number>;
}

/** What of a frame is looked at. */
interface HerdFrame {
  op: string;
  seq?: number;
  data: {
    resume?: { epoch: string; seq: number; status: string };
    popups?: { peer: { raw: string } }[];
    peer?: { raw: string };
    reconnectAfterMs?: number;
  };
}

function createAgent(urls: readonly string[], index: number, member: HerdMember, book: HerdBook) {
  let socket: WebSocket | null = null;
  let resume: { epoch: string; seq: number } | null = null;
  let turn = index;
  let attempt = 0;
  let isReady = false;
  let endedMs: number | null = null;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  const show = (peer: string | undefined) => {
    if (peer !== undefined) book.shown.set(peer, (book.shown.get(peer) ?? 0) + 1);
  };
  const open = () => {
    const mine = new WebSocket(`${urls[turn % urls.length]}/v1/agent`, SUBPROTOCOL, {
      handshakeTimeout: 10_000,
      perMessageDeflate: false,
    });
    socket = mine;
    mine.on('error', () => undefined); // the close that follows tells it
    mine.on('open', () => {
      const { token } = member;
      mine.send(
        JSON.stringify({ op: 'auth', id: 'a', data: resume === null ? { token } : { token, resume } }),
      );
    });
    mine.on('message', (data) => hear(JSON.parse((data as Buffer).toString('utf8')) as HerdFrame));
    mine.on('close', () => {
      if (socket === mine) end();
    });
  };
  const end = () => {
    endedMs ??= performance.now();
    if (isReady) book.ready -= 1;
    isReady = false;
    socket = null;
    if (stopped) return;
    turn += 1;
    timer = setTimeout(open, Math.random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt));
    attempt += 1;
  };
  const hear = ({ op, seq, data }: HerdFrame) => {
    if (op === 'ready' || op === 'resync') {
      if (data.resume !== undefined) resume = { epoch: data.resume.epoch, seq: data.resume.seq };
      // What is replayed is told in events of its own; what stands already was shown before, or is told here.
      if (data.resume?.status !== 'resumed') for (const { peer } of data.popups ?? []) show(peer.raw);
      if (data.resume?.status === 'lost') book.lost += 1;
    }
    if (op === 'ready') {
      isReady = true;
      book.ready += 1;
      attempt = 0;
      if (endedMs !== null) book.returns.push(performance.now() - endedMs);
      endedMs = null;
    }
    if (seq !== undefined && resume !== null) resume.seq = seq;
    if (op === 'popup.show') show(data.peer?.raw);
    // Goes while it is let, and is closed by the gateway where that was too slow.
    if (op === 'server.draining') timer = setTimeout(() => socket?.close(1000), data.reconnectAfterMs);
  };
  return {
    open,
    cut: () => socket?.terminate(),
    stop() {
      stopped = true;
      clearTimeout(timer);
      socket?.terminate();
    },
  };
}
