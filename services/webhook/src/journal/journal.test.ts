import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleepUntil } from '@ramal/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFaultyDisk } from '../../test/faulty-disk.ts';
import { createTestJournal, newRecord, type TestJournal } from '../../test/open-test-journal.ts';
import type { JournalOptions } from './journal.ts';
import { createJournalSeal } from './journal-seal.ts';

let folder: string;
let open: TestJournal[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramal-journal-'));
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((journal) => journal.close()));
  await rm(folder, { recursive: true, force: true });
});

async function openJournal(over: Partial<JournalOptions> = {}) {
  const journal = createTestJournal(folder, over);
  open.push(journal);
  return { journal, found: await journal.open() };
}
/** Ends it as a process that dies does: the socket is gone, the files are not. */
async function abandon(journal: TestJournal) {
  open = open.filter((other) => other !== journal);
  await journal.close();
}
const segments = async () => {
  const files = await readdir(folder, { recursive: true });
  return files.filter((file) => file.endsWith('.seg')).map((file) => join(folder, file));
};

describe('I3 what was appended', () => {
  it('is found by the next process, told or not, with the event it became', async () => {
    const { journal } = await openJournal();
    const records = [newRecord(), newRecord(), newRecord()] as const;
    const entries = await Promise.all(records.map((record) => journal.append(record)));
    const event = { eventId: 'e', callId: records[1].callId } as never;
    journal.settle(entries[1]!, event);
    journal.settle(entries[2]!, null);
    await abandon(journal);

    const { journal: next, found } = await openJournal();
    expect(found).toMatchObject({ damaged: 0, unreadable: 0 });
    const read = await Promise.all(found.entries.map((entry) => next.read(entry)));
    expect(read.map(({ record }) => record)).toEqual(expect.arrayContaining([...records]));
    const byId = new Map(
      found.entries.map((entry, i) => [entry.id, { told: entry.told, event: read[i]?.event }]),
    );
    expect(records.map(({ id }) => byId.get(id))).toEqual([
      { told: false, event: null },
      { told: true, event },
      { told: true, event: null },
    ]);
  });

  it('of a process that lives is nobody else’s', async () => {
    const { journal } = await openJournal();
    await journal.append(newRecord());
    const { journal: other, found } = await openJournal();
    expect(found.entries).toEqual([]);
    await abandon(journal);
    expect((await other.open()).entries).toHaveLength(1);
    expect((await other.open()).entries).toHaveLength(0);
  });

  it('by a process that was killed is found, and one of many who look gets it', async () => {
    const writer = new URL('../../dist/journal/journal.js', import.meta.url).href;
    const child = spawn(process.execPath, ['--input-type=module', '-e', toChild(writer, folder)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const other = await openJournal();
    expect(other.found.entries).toEqual([]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const many = await Promise.all([openJournal(), openJournal(), openJournal(), openJournal()]);
    const found = many.flatMap(({ found: { entries } }) => entries);
    expect(found.map(({ id }) => id).sort()).toEqual(['r0', 'r1', 'r2']);
  }, 30_000);

  it('is for its owner’s eyes alone', async () => {
    const { journal } = await openJournal();
    await journal.append(newRecord());
    for (const file of await segments()) expect((await stat(file)).mode & 0o777).toBe(0o600);
    const folders = await readdir(folder);
    for (const name of folders) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o700);
  });

  it('before and behind a stretch that was spoilt is found', async () => {
    const { journal } = await openJournal();
    for (let i = 0; i < 5; i++) await journal.append(newRecord({ id: `r${i}` }));
    await abandon(journal);
    const [file = ''] = await segments();
    const bytes = await readFile(file);
    const at = bytes.indexOf('"id":"r2"');
    bytes[at + 20] = (bytes[at + 20] ?? 0) ^ 4;
    await writeFile(file, bytes.subarray(0, -3));
    const { found } = await openJournal();
    expect(found.entries.map(({ id }) => id)).toEqual(['r0', 'r1', 'r3']);
    expect(found.damaged).toBe(2);
  });
});

describe('many at once', () => {
  it('share a sync', async () => {
    const disk = createFaultyDisk();
    const { journal } = await openJournal({ fs: disk.fs });
    const release = disk.holdSyncs();
    const appended = Array.from({ length: 200 }, () => journal.append(newRecord()));
    await sleepUntil(() => disk.syncs === 1);
    release();
    await Promise.all(appended);
    expect(disk.syncs).toBeLessThanOrEqual(3);
  });

  it('are not on the disk before their sync is done', async () => {
    const disk = createFaultyDisk();
    const { journal } = await openJournal({ fs: disk.fs });
    const release = disk.holdSyncs();
    let done = 0;
    const appended = journal.append(newRecord()).then(() => (done += 1));
    await sleepUntil(() => disk.syncs === 1);
    expect(done).toBe(0);
    release();
    await appended;
    expect(done).toBe(1);
  });
});

describe('a disk that', () => {
  it.each(['write', 'torn', 'sync', 'create'] as const)(
    'fails to %s refuses, spoils nothing, and is used again later',
    async (fail) => {
      const disk = createFaultyDisk();
      const { journal } = await openJournal({ fs: disk.fs });
      if (fail !== 'create') await journal.append(newRecord({ id: 'before' }));
      disk.fail = fail;
      await expect(journal.append(newRecord({ id: 'refused' }))).rejects.toMatchObject({
        code: 'journal_down',
      });
      expect(journal.failures).toHaveLength(1);
      // At once and without asking the disk: it is given a rest.
      await expect(journal.append(newRecord())).rejects.toMatchObject({ code: 'journal_down' });
      expect(journal.failures).toHaveLength(1);
      disk.fail = null;
      await sleepUntil(() =>
        journal.append(newRecord({ id: 'after' })).then(
          () => true,
          () => false,
        ),
      );
      await abandon(journal);
      const { found } = await openJournal();
      const ids = new Set(found.entries.map(({ id }) => id));
      expect([...ids].filter((id) => id !== 'refused').sort()).toEqual(
        fail === 'create' ? ['after'] : ['after', 'before'],
      );
      expect(found.damaged).toBe(0);
    },
  );

  it('does not answer is not waited for, and is asked nothing more meanwhile', async () => {
    const disk = createFaultyDisk();
    const { journal } = await openJournal({ fs: disk.fs, patienceMs: 100 });
    const release = disk.holdSyncs();
    await expect(journal.append(newRecord())).rejects.toMatchObject({ code: 'journal_down' });
    await expect(journal.append(newRecord())).rejects.toMatchObject({ code: 'journal_down' });
    expect(disk.syncs).toBe(1);
    release();
    await sleepUntil(() =>
      journal.append(newRecord()).then(
        () => true,
        () => false,
      ),
    );
  });

  it('has no room left for the journal refuses: full is down', async () => {
    const { journal } = await openJournal({ maxBytes: 64 * 1024 });
    const append = async () => {
      for (let i = 0; i < 1_000; i++) await journal.append(newRecord());
    };
    await expect(append()).rejects.toMatchObject({ code: 'journal_down' });
    expect(journal.bytes()).toBeGreaterThan(60 * 1024);
    expect(journal.bytes()).toBeLessThanOrEqual(64 * 1024);
  });
});

describe('a segment', () => {
  it('is deleted when all in it was told and is older than the while it is kept', async () => {
    const { journal } = await openJournal({ keepMs: 200 });
    const entries = await Promise.all([journal.append(newRecord()), journal.append(newRecord())]);
    journal.settle(entries[0]!, null);
    const tidied = async () => {
      await journal.tidy();
      return (await segments()).length;
    };
    const kept = performance.now() + 600;
    await sleepUntil(async () => (await tidied()) > 0 && performance.now() > kept);
    expect(await tidied()).toBeGreaterThan(0);
    journal.settle(entries[1]!, null);
    await sleepUntil(async () => (await tidied()) === 0);
    expect(journal.recent()).toEqual([]);
    await sleepUntil(() => journal.bytes() === 0);
  });

  it('that no key at hand opens is put aside for a process that has the key', async () => {
    const [mine, theirs] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const { journal } = await openJournal({ seal: createJournalSeal([mine]) });
    await journal.append(newRecord({ id: 'sealed' }));
    await abandon(journal);
    const { journal: stranger, found } = await openJournal({ seal: createJournalSeal([theirs]), keepMs: 1 });
    expect(found).toMatchObject({ entries: [], unreadable: 1 });
    await stranger.tidy();
    await abandon(stranger);
    const { found: again } = await openJournal({ seal: createJournalSeal([theirs, mine]) });
    expect(again.entries.map(({ id }) => id)).toEqual(['sealed']);
  });
});

function toChild(journal: string, base: string): string {
  return `
    const { createJournal } = await import(${JSON.stringify(journal)});
    const { DISK } = await import(${JSON.stringify(journal.replace('journal.js', 'journal-fs.js'))});
    const none = () => undefined;
    const journal = createJournal({ folder: ${JSON.stringify(base)}, fs: DISK, keepMs: 120000, maxBytes: 1e8, patienceMs: 10000,
      seal: { seal: (plain) => Buffer.concat([Buffer.of(0), plain]), open: none }, onSynced: none, onWritten: none, onFailed: none });
    await journal.open();
    for (let i = 0; i < 3; i++) {
      const callback = { kind: 'ended', direction: 'unknown', legs: [], origin: '1', destination: '2' };
      await journal.append({ id: 'r' + i, tenant: 't', callback, receivedAtMs: 1, wallMs: Date.now(), callId: 'c' });
    }
    console.log('written');
    setInterval(none, 1000);`;
}
