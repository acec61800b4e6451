import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs a program to its end and returns what it printed; rejects when it fails or takes longer than 20 s. */
export async function runCommand(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(command, args, { timeout: 20_000, maxBuffer: 4 * 1024 * 1024 });
  return stdout;
}
