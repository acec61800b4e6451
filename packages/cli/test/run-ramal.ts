import { runCli } from '../src/run-cli.ts';

export interface RamalRun {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RamalOptions {
  env?: Record<string, string>;
  cwd?: string;
}

/** Runs one command line in this process; nothing of the real environment gets in. */
export async function runRamal(
  argv: readonly string[],
  { env = {}, cwd = '/nowhere' }: RamalOptions = {},
): Promise<RamalRun> {
  const run = { code: -1, stdout: '', stderr: '' };
  run.code = await runCli({
    argv,
    env,
    cwd,
    stdout: { write: (text) => (run.stdout += text) },
    stderr: { write: (text) => (run.stderr += text) },
    now: () => new Date('2026-03-01T12:00:00Z'),
  });
  return run;
}
