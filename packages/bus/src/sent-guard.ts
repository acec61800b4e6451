import { type Names, type RedisTarget, toHostPort } from '@ramal/contracts';
import type { Redis } from 'ioredis';
import { readReplication, type Replication } from './read-replication.ts';

/**
 * Asked between the record that a dial is sent and its first byte: would a replica that takes over know it too? Replication is
 * asynchronous. A primary that dies with the record takes it along, the replica has the dial as queued, and the next dialer
 * would place it a second time (I1).
 */
export interface SentGuard {
  /**
   * True when the server that would answer the next dialer has the record under this fence, and so have its replicas, or it has
   * had none for longer than any dial lasts: what such a replica still knows to be queued is past its deadline (I2).
   * @returns false where that is not certain in time; then nothing may be sent
   * @throws when Redis does not answer
   */
  isKept(dial: { tenant: string; intentId: string; fence: string }, forMs: number): Promise<boolean>;
  close(): void;
}

export interface SentGuardOptions {
  names: Names;
  /** How many replicas must have it, or all there are if there are fewer. 0: none is asked. */
  replicas: number;
  /** Opens a connection for this guard alone, for one that waits holds up all others. @param key lies where it is for */
  connect(key: string): Promise<Redis>;
  /** On a cluster each partition has replicas of its own; a single server that has none has nobody to be replaced by. */
  kind: RedisTarget['kind'];
}

/** The longest that replicas are waited for: far longer than they take when all is well. */
const LONGEST_WAIT_MS = 500;
const LOOK_EVERY_MS = 1_000;
/** Longer than any dial lasts, by as much as replicas are looked at late and say how silent they are in whole seconds. */
const REMEMBER_MS = 12_000;

export function createSentGuard(options: SentGuardOptions): SentGuard {
  const { names, replicas, connect, kind } = options;
  const lines = new Map<number, Promise<GuardLine>>();
  const lineFor = (tenant: string): Promise<GuardLine> => {
    const partition = kind === 'cluster' ? names.partitionOf(tenant) : 0;
    const known = lines.get(partition);
    if (known !== undefined) return known;
    const mark = names.replicaMark(partition);
    const opening = connect(mark).then((redis) => createGuardLine(redis, mark, replicas, kind !== 'single'));
    lines.set(partition, opening);
    opening.catch(() => lines.delete(partition));
    return opening;
  };
  return {
    async isKept({ tenant, intentId, fence }, forMs) {
      if (replicas === 0) return true;
      const line = await lineFor(tenant);
      return line.isKept({ key: names.intent(tenant, intentId), fence }, forMs);
    },
    close() {
      for (const line of lines.values()) line.then((one) => one.close()).catch(() => undefined);
    },
  };
}

interface Question {
  key: string;
  fence: string;
  untilMs: number;
  answer(kept: boolean): void;
  fail(error: unknown): void;
}

interface GuardLine {
  isKept(record: { key: string; fence: string }, forMs: number): Promise<boolean>;
  close(): void;
}

/** Those who ask while one round is under way share the next one: replicas are waited for once for all of them. */
function createGuardLine(redis: Redis, mark: string, replicas: number, isReplaceable: boolean): GuardLine {
  const watch = createReplicaWatch(redis);
  let waiting: Question[] = [];
  let running = false;

  const round = async (questions: readonly Question[]): Promise<void> => {
    const needed = Math.min(replicas, await watch.count());
    if (needed === 0 && !isReplaceable) {
      for (const question of questions) question.answer(true);
      return;
    }
    const leftMs = Math.max(...questions.map(({ untilMs }) => untilMs)) - performance.now();
    const waitMs = Math.max(1, Math.min(LONGEST_WAIT_MS, Math.floor(leftMs)));
    // In this order: what is read here was written before the mark, and replicas have one after the other.
    const records = questions.map(({ key }) => redis.hmget(key, 'state', 'fence'));
    const marked = redis.set(mark, '1', 'PX', REMEMBER_MS);
    const reached = needed === 0 ? marked.then(() => 0) : redis.wait(needed, waitMs);
    const [have, , ...read] = await Promise.all([reached, marked, ...records]);
    for (const [i, question] of questions.entries()) {
      const [state, fence] = read[i] ?? [];
      question.answer(state === 'sent' && fence === question.fence && have >= needed);
    }
  };
  const run = async () => {
    running = true;
    while (waiting.length > 0) {
      const questions = waiting;
      waiting = [];
      await round(questions).catch((error: unknown) => {
        for (const question of questions) question.fail(error);
      });
    }
    running = false;
  };
  return {
    isKept: (record, forMs) =>
      new Promise((answer, fail) => {
        waiting.push({ ...record, untilMs: performance.now() + forMs, answer, fail });
        if (!running) void run();
      }),
    close() {
      watch.stop();
      redis.disconnect();
    },
  };
}

/** Remembers when each replica of the present primary last said something. */
function createReplicaWatch(redis: Redis) {
  let runId = '';
  let heardMs = new Map<string, number>();
  let looked: Promise<void> | null = null;

  const note = (now: Replication) => {
    const nowMs = performance.now();
    // Replicas of another one are its own business: this one was chosen without them.
    if (now.runId !== runId) heardMs = new Map();
    runId = now.runId;
    for (const { address, silentSec } of now.replicas) {
      heardMs.set(toHostPort(address), nowMs - silentSec * 1000);
    }
  };
  const look = (): Promise<void> => {
    looked = readReplication(redis).then(note);
    return looked;
  };
  const lookAgain = () => {
    // Whoever asks next is told what fails.
    if (redis.status === 'ready') look().catch(() => undefined);
  };
  const forget = () => {
    looked = null;
  };
  const timer = setInterval(lookAgain, LOOK_EVERY_MS).unref();
  redis.on('close', forget);
  return {
    /** How many may have a dial as queued that is not past its deadline: one that is silent for longer has none. */
    async count(): Promise<number> {
      // On a new connection another server may answer.
      await (looked ?? look()).catch((error: unknown) => {
        forget();
        throw error;
      });
      const nowMs = performance.now();
      return [...heardMs.values()].filter((atMs) => nowMs - atMs < REMEMBER_MS).length;
    },
    stop() {
      clearInterval(timer);
      redis.off('close', forget);
    },
  };
}
