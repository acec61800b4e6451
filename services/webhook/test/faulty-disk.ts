import { DISK, type JournalFile, type JournalFs } from '../src/journal/journal-fs.ts';

/** A disk that can be made full, broken or slow; all else is the real one. */
export interface FaultyDisk {
  fs: JournalFs;
  /** What fails from now on; null: nothing. `torn` writes half of it first. */
  fail: 'write' | 'torn' | 'sync' | 'create' | null;
  /** Syncs that were asked for. */
  syncs: number;
  /** The next syncs wait until the returned function is called. */
  holdSyncs(): () => void;
}

export function createFaultyDisk(): FaultyDisk {
  let held: Promise<void> | null = null;
  const full = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const broken = () => Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
  const wrap = (file: JournalFile): JournalFile => ({
    ...file,
    async write(bytes, position) {
      if (disk.fail === 'torn') await file.write(bytes.subarray(0, Math.floor(bytes.length / 2)), position);
      if (disk.fail === 'write' || disk.fail === 'torn') throw full();
      await file.write(bytes, position);
    },
    async sync() {
      disk.syncs += 1;
      await held;
      if (disk.fail === 'sync') throw broken();
      await file.sync();
    },
  });
  const disk: FaultyDisk = {
    fail: null,
    syncs: 0,
    fs: {
      ...DISK,
      async create(path) {
        if (disk.fail === 'create') throw full();
        return wrap(await DISK.create(path));
      },
    },
    holdSyncs() {
      let release: () => void = () => undefined;
      held = new Promise((resolve) => {
        release = resolve;
      });
      return () => {
        held = null;
        release();
      };
    },
  };
  return disk;
}
