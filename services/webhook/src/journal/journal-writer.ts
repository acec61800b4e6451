import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { JournalFile, JournalFs } from './journal-fs.ts';

/** Where an entry lies. */
export interface Place {
  segment: string;
  offset: number;
  length: number;
}

/** The journal takes nothing right now: the disk is full, broken or too slow, or its room is used up. */
export class JournalDownError extends Error {
  readonly code = 'journal_down';
  constructor(why: string, cause?: unknown) {
    super(`the journal is down: ${why}`, cause === undefined ? {} : { cause });
  }
}

export interface JournalWriter {
  /**
   * Resolves when the entry is on the disk. Many that come at once share one sync.
   * @param forMs how long it may take; default: the writer's patience
   * @throws JournalDownError, when it is not or can't be told in time; then it may be there all the same
   */
  append(frame: Buffer, forMs?: number): Promise<Place>;
  /** Writes an entry some time soon; for what may be lost with the machine. Never fails. */
  note(frame: Buffer, onWritten?: (place: Place) => void): void;
  /** Closes the segment that is written, so that the next entry begins another one. */
  rotate(): void;
  /** The segment that is written; null between two. */
  current(): string | null;
  /** Writes what is left, and closes. */
  close(): Promise<void>;
}

export interface JournalWriterOptions {
  fs: JournalFs;
  /** A folder of this process' own, which exists. */
  folder: string;
  /** A segment that holds more is closed. */
  segmentBytes: number;
  /** How long an entry may take to get to the disk, ms. */
  patienceMs: number;
  /** Has one more entry of this many bytes room? */
  hasRoom(bytes: number): boolean;
  onSegment(name: string): void;
  onWritten(segment: string, bytes: number): void;
  onSynced(ms: number): void;
  onFailed(error: unknown): void;
}

interface Waiting {
  frame: Buffer;
  place(place: Place): void;
  fail?(error: JournalDownError): void;
}

/** After a failure the disk is left alone for so long. */
const REST_MS = 500;
const NOTES_WAIT_MS = 50;
const MOST_BYTES_AT_ONCE = 4 * 1024 * 1024;

/** Appends to the newest segment of a folder: one write and one `fdatasync` at a time, for all who wait. */
export function createJournalWriter(options: JournalWriterOptions): JournalWriter {
  const { fs, folder, segmentBytes, patienceMs, hasRoom, onSegment, onWritten, onSynced, onFailed } = options;
  let waiting: Waiting[] = [];
  let segment: { name: string; file: JournalFile; bytes: number } | null = null;
  let number = 0;
  let running: Promise<void> | null = null;
  let busySinceMs: number | null = null;
  let downUntilMs = 0;
  let notesTimer: NodeJS.Timeout | null = null;
  let rotating = false;

  const openSegment = async () => {
    number += 1;
    const name = `${String(number).padStart(8, '0')}-${randomBytes(4).toString('hex')}.seg`;
    const file = await fs.create(join(folder, name));
    await fs.syncFolder(folder);
    onSegment(name);
    return { name, file, bytes: 0 };
  };

  const abandon = async () => {
    const left = segment;
    segment = null;
    // What a failed sync has left of its pages nobody can tell: nothing is ever added behind it.
    await left?.file.truncate(left.bytes).catch(() => undefined);
    await left?.file.close().catch(() => undefined);
  };

  const take = (): Waiting[] => {
    let bytes = 0;
    let count = 0;
    while (count < waiting.length && bytes < MOST_BYTES_AT_ONCE) bytes += waiting[count++]?.frame.length ?? 0;
    return waiting.splice(0, count);
  };

  const writeBatch = async (batch: readonly Waiting[]) => {
    const bytes = Buffer.concat(batch.map(({ frame }) => frame));
    segment ??= await openSegment();
    const { name, file, bytes: begin } = segment;
    await file.write(bytes, begin);
    if (batch.some(({ fail }) => fail !== undefined)) {
      const startedMs = performance.now();
      await file.sync();
      onSynced(performance.now() - startedMs);
    }
    segment.bytes += bytes.length;
    onWritten(name, bytes.length);
    let offset = begin;
    for (const { frame, place } of batch) {
      place({ segment: name, offset, length: frame.length });
      offset += frame.length;
    }
    if (segment.bytes < segmentBytes && !rotating) return;
    rotating = false;
    segment = null;
    await file.close().catch(onFailed);
  };

  const run = async () => {
    while (waiting.length > 0) {
      const batch = take();
      busySinceMs = performance.now();
      try {
        await writeBatch(batch);
      } catch (error) {
        downUntilMs = performance.now() + REST_MS;
        onFailed(error);
        await abandon();
        for (const { fail } of batch) fail?.(new JournalDownError('the disk refuses', error));
      }
      busySinceMs = null;
    }
    running = null;
  };
  const start = () => {
    if (notesTimer !== null) clearTimeout(notesTimer);
    notesTimer = null;
    running ??= run();
  };
  const whyDown = (bytes: number, forMs = patienceMs): string | null => {
    const nowMs = performance.now();
    if (nowMs < downUntilMs) return 'the disk refused a moment ago';
    if (busySinceMs !== null && nowMs - busySinceMs > forMs) return 'the disk does not answer';
    return hasRoom(bytes) ? null : 'it is full';
  };

  return {
    append(frame, forMs = patienceMs) {
      const why = whyDown(frame.length, forMs);
      if (why !== null) return Promise.reject(new JournalDownError(why));
      return new Promise((resolve, reject) => {
        const entry: Waiting = {
          frame,
          place(place) {
            clearTimeout(timer);
            resolve(place);
          },
          fail(error) {
            clearTimeout(timer);
            reject(error);
          },
        };
        const timer = setTimeout(() => {
          // One that the disk has not begun with stays away.
          waiting = waiting.filter((other) => other !== entry);
          reject(new JournalDownError('the disk does not answer'));
        }, forMs);
        waiting.push(entry);
        start();
      });
    },
    note(frame, onPlaced = () => undefined) {
      if (whyDown(frame.length) !== null) return;
      waiting.push({ frame, place: onPlaced });
      if (running === null) notesTimer ??= setTimeout(start, NOTES_WAIT_MS);
    },
    rotate() {
      if (running !== null) {
        rotating = true;
        return;
      }
      const closed = segment;
      segment = null;
      closed?.file.close().catch(onFailed);
    },
    current: () => segment?.name ?? null,
    async close() {
      if (waiting.length > 0) start();
      await running;
      if (notesTimer !== null) clearTimeout(notesTimer);
      await segment?.file.close().catch(onFailed);
      segment = null;
    },
  };
}
