import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Runs a program to its end and returns what it printed; rejects when it fails or takes longer than a minute.
 * @param env is set beside what this process has
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await run(command, args, {
    timeout: 60_000,
    maxBuffer: 4 * 1024 * 1024,
    env: { ...process.env, ...env },
  });
  return stdout;
}
