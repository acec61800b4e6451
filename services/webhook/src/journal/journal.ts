import { join } from 'node:path';
import type { CallbackEvent } from '@ramal/contracts';
import { type JournalFolder, openJournalFolder } from './journal-folder.ts';
import { type FrameKind, readFrame, scanSegment, toFrame } from './journal-frame.ts';
import type { JournalFs } from './journal-fs.ts';
import type { JournalNote, JournalRecord } from './journal-record.ts';
import type { JournalSeal } from './journal-seal.ts';
import { createJournalWriter, JournalDownError, type JournalWriter, type Place } from './journal-writer.ts';
import { toOrderKeys } from './order-keys.ts';

/** A record that is on the disk, as it is remembered: without what it says. */
export interface JournalEntry {
  readonly id: string;
  readonly tenant: string;
  /** See `toOrderKeys`. */
  readonly keys: readonly string[];
  /** When it was received, by a clock of this process that only goes forward, ms. */
  readonly sinceMs: number;
  readonly place: Place;
  /** Redis was told of it. */
  told: boolean;
  /** As which event: where it is written, or itself until that is known. */
  event: Place | CallbackEvent | null;
}

/** What was found of processes before this one. */
export interface FoundEntries {
  entries: JournalEntry[];
  /** Stretches of segments that could not be read, and entries that no key at hand opens. */
  damaged: number;
  unreadable: number;
}

/** Callbacks on the disk: all that Redis was not told of, and all others of the last while (I3). */
export interface Journal {
  /**
   * Looks for what dead processes have left, and makes it this one's own. Makes the journal's folder the first time.
   * @throws what the disk says
   */
  open(): Promise<FoundEntries>;
  /**
   * @param forMs how long it may take; default: the journal's patience
   * @throws JournalDownError when the record is not on the disk
   */
  append(record: JournalRecord, forMs?: number): Promise<JournalEntry>;
  /** Redis was told of it, as this event. */
  settle(entry: JournalEntry, event: CallbackEvent | null): void;
  /** @throws when the disk does not have it as it was */
  read(entry: JournalEntry): Promise<{ record: JournalRecord; event: CallbackEvent | null }>;
  /** Those of the last while that Redis was told of, oldest first. */
  recent(): JournalEntry[];
  /** Deletes what nobody needs any more. */
  tidy(): Promise<void>;
  /** Rejects while the disk takes nothing. */
  probe(): Promise<void>;
  /** On the disk. */
  bytes(): number;
  close(): Promise<void>;
}

export interface JournalOptions {
  folder: string;
  fs: JournalFs;
  seal: JournalSeal;
  /** What was told is kept for so long, ms. */
  keepMs: number;
  /** Most bytes on the disk. */
  maxBytes: number;
  patienceMs: number;
  onSynced(ms: number): void;
  onWritten(bytes: number): void;
  onFailed(error: unknown): void;
}

interface Segment {
  name: string;
  bytes: number;
  entries: JournalEntry[];
  /** Records that are on their way into it, or that Redis was not told of. */
  open: number;
  newestMs: number;
  beganMs: number;
  /** No key at hand opens all of it: it is put aside, for a process that has the key. */
  aside: boolean;
}

/** Small enough that some can be deleted soon, large enough that files are few. */
const MOST_SEGMENT_BYTES = 8 * 1024 * 1024;
const LEAST_SEGMENT_BYTES = 64 * 1024;
const SEGMENT_END = /\.seg$/;
const ASIDE_END = '.aside';
/** A segment is closed after this share of `keepMs`, however little is in it. */
const SEGMENTS_PER_KEEP = 4;

export function createJournal(options: JournalOptions): Journal {
  const { fs, seal, keepMs, maxBytes, patienceMs, onSynced, onFailed } = options;
  const segmentBytes = Math.min(MOST_SEGMENT_BYTES, Math.max(LEAST_SEGMENT_BYTES, Math.floor(maxBytes / 16)));
  let folder: JournalFolder | null = null;
  let writer: JournalWriter | null = null;
  /** In the order they began. */
  const segments = new Map<string, Segment>();
  let bytes = 0;

  const addSegment = (name: string): Segment => {
    const beganMs = performance.now();
    const segment = { name, bytes: 0, entries: [], open: 0, newestMs: beganMs, beganMs, aside: false };
    segments.set(name, segment);
    return segment;
  };
  const toSealedFrame = (kind: FrameKind, what: JournalRecord | JournalNote) =>
    toFrame(kind, seal.seal(Buffer.from(JSON.stringify(what))));

  const readPlace = async (place: Place): Promise<unknown> => {
    const path = join(folder?.path ?? '', place.segment);
    const frame = readFrame(await fs.readPart(path, place.offset, place.length), 0);
    const plain = frame === null ? null : seal.open(frame.payload);
    if (plain === null) throw new Error('an entry of the journal is not what it was');
    return JSON.parse(plain.toString()) as unknown;
  };

  const load = async (name: string, found: FoundEntries, notes: Map<string, Place>) => {
    const { frames, damaged } = scanSegment(await fs.read(join(folder?.path ?? '', name)));
    const segment = addSegment(name);
    segment.newestMs = 0;
    found.damaged += damaged;
    for (const { kind, payload, offset, length } of frames) {
      const place = { segment: name, offset, length };
      const plain = seal.open(payload);
      segment.bytes += length;
      if (plain === null) {
        found.unreadable += 1;
        segment.aside = true;
      } else if (kind === 'note') notes.set((JSON.parse(plain.toString()) as JournalNote).id, place);
      else found.entries.push(toEntry(JSON.parse(plain.toString()) as JournalRecord, place));
    }
    bytes += segment.bytes;
  };

  const enlist = (entry: JournalEntry) => {
    const segment = segments.get(entry.place.segment);
    if (segment === undefined) return;
    segment.entries.push(entry);
    segment.newestMs = Math.max(segment.newestMs, entry.sinceMs);
    if (!entry.told) segment.open += 1;
  };

  return {
    async open() {
      folder ??= await openJournalFolder(options.folder, fs);
      const { path } = folder;
      writer ??= createJournalWriter({
        fs,
        folder: path,
        segmentBytes,
        patienceMs,
        hasRoom: (more) => bytes + more <= maxBytes,
        onSegment: addSegment,
        onWritten(name, written) {
          const segment = segments.get(name);
          if (segment !== undefined) segment.bytes += written;
          bytes += written;
          options.onWritten(written);
        },
        onSynced,
        onFailed,
      });
      const found: FoundEntries = { entries: [], damaged: 0, unreadable: 0 };
      const notes = new Map<string, Place>();
      for (const name of await folder.takeOver()) await load(name, found, notes);
      for (const entry of found.entries) {
        const note = notes.get(entry.id);
        entry.told = note !== undefined;
        entry.event = note ?? null;
        enlist(entry);
      }
      found.entries.sort((a, b) => a.sinceMs - b.sinceMs);
      return found;
    },
    async append(record, forMs) {
      if (writer === null) throw new JournalDownError('it has no folder yet');
      const place = await writer.append(toSealedFrame('record', record), forMs);
      const entry = toEntry(record, place);
      enlist(entry);
      return entry;
    },
    settle(entry, event) {
      if (entry.told) return;
      entry.told = true;
      entry.event = event;
      const segment = segments.get(entry.place.segment);
      if (segment !== undefined) segment.open -= 1;
      writer?.note(toSealedFrame('note', { id: entry.id, event }), (place) => {
        if (event !== null) entry.event = place;
      });
    },
    async read(entry) {
      const record = (await readPlace(entry.place)) as JournalRecord;
      const { event } = entry;
      if (event === null || !('segment' in event)) return { record, event };
      return { record, event: ((await readPlace(event)) as JournalNote).event };
    },
    recent() {
      const fromMs = performance.now() - keepMs;
      return [...segments.values()].flatMap(({ entries }) =>
        entries.filter(({ told, sinceMs }) => told && sinceMs >= fromMs),
      );
    },
    async tidy() {
      const nowMs = performance.now();
      const current = writer?.current() ?? null;
      const began = current === null ? undefined : segments.get(current);
      if (began !== undefined && nowMs - began.beganMs > keepMs / SEGMENTS_PER_KEEP) writer?.rotate();
      for (const segment of segments.values()) {
        // The oldest first: that Redis was told of a record may stand in a later segment than the record.
        if (segment.name === writer?.current() || segment.open > 0 || nowMs - segment.newestMs < keepMs)
          return;
        const path = join(folder?.path ?? '', segment.name);
        await (segment.aside ? fs.rename(path, path.replace(SEGMENT_END, ASIDE_END)) : fs.remove(path));
        segments.delete(segment.name);
        bytes -= segment.bytes;
      }
    },
    async probe() {
      if (writer === null) throw new JournalDownError('it has no folder yet');
      await writer.append(toSealedFrame('note', { id: 'probe', event: null }));
    },
    bytes: () => bytes,
    async close() {
      await writer?.close();
      await folder?.release();
    },
  };
}

function toEntry(record: JournalRecord, place: Place): JournalEntry {
  const { id, tenant, callback, wallMs } = record;
  const sinceMs = performance.now() - Math.max(0, Date.now() - wallMs);
  return { id, tenant, keys: toOrderKeys(tenant, callback), sinceMs, place, told: false, event: null };
}
