import { createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';

export interface LogFile {
  write(line: string): void;
  close(): Promise<void>;
}

/** Opens `<name>.log` anew; the last run's stays beside it as `<name>.previous.log`. */
export async function openLogFile(folder: string, name: string): Promise<LogFile> {
  const file = join(folder, `${name}.log`);
  await rename(file, join(folder, `${name}.previous.log`)).catch(() => undefined);
  const stream = createWriteStream(file, { mode: 0o600 });
  stream.on('error', () => undefined); // a full disk must not stop the services
  return {
    write: (line) => {
      stream.write(`${line}\n`);
    },
    close: () => new Promise((resolve) => stream.end(resolve)),
  };
}
