import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rmdir,
  stat,
  unlink,
} from 'node:fs/promises';

/** A segment that is being written. */
export interface JournalFile {
  /** Writes all of it at `position`, or throws. */
  write(bytes: Buffer, position: number): Promise<void>;
  /** Resolves when what was written survives a loss of power. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** All that the journal asks of the disk: one place to be exchanged for a disk that is full or broken. */
export interface JournalFs {
  /** Creates a file that must not exist, for its owner's eyes alone. */
  create(path: string): Promise<JournalFile>;
  read(path: string): Promise<Buffer>;
  /** `length` bytes from `offset`. */
  readPart(path: string, offset: number, length: number): Promise<Buffer>;
  size(path: string): Promise<number>;
  list(path: string): Promise<string[]>;
  makeFolder(path: string): Promise<void>;
  removeFolder(path: string): Promise<void>;
  remove(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Makes names in the folder survive a loss of power. */
  syncFolder(path: string): Promise<void>;
}

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

export const DISK: JournalFs = {
  create: async (path) => toJournalFile(await open(path, 'wx', FILE_MODE)),
  read: (path) => readFile(path),
  async readPart(path, offset, length) {
    const file = await open(path, 'r');
    try {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  },
  size: async (path) => (await stat(path)).size,
  list: (path) => readdir(path),
  makeFolder: async (path) => void (await mkdir(path, { recursive: true, mode: FOLDER_MODE })),
  removeFolder: (path) => rmdir(path),
  remove: (path) => unlink(path),
  rename: (from, to) => rename(from, to),
  async syncFolder(path) {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
};

function toJournalFile(file: FileHandle): JournalFile {
  return {
    async write(bytes, position) {
      let written = 0;
      while (written < bytes.length) {
        const left = bytes.length - written;
        const { bytesWritten } = await file.write(bytes, written, left, position + written);
        if (bytesWritten === 0) throw new Error('nothing was written');
        written += bytesWritten;
      }
    },
    sync: () => file.datasync(),
    truncate: (length) => file.truncate(length),
    close: () => file.close(),
  };
}
