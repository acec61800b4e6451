/** All that a command sees of the process it runs in. */
export interface CliProcess {
  /** Without the program itself. */
  argv: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
  now(): Date;
}

/** Done, the answer is "not in order", called wrongly. */
export const EXIT = { ok: 0, problem: 1, usage: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
