/** Undone at the end of a run, the last one first. */
export type Releases = (() => Promise<unknown>)[];

/** What a run that starts a system of its own needs from whoever asks for it. */
export interface RunEnvironment {
  /** Gets one line of progress now and then. */
  log(line: string): void;
  /** Gives the run up: what was started is stopped, and the run fails with the signal's reason. */
  signal: AbortSignal;
  /** Gets what kills every process at once, as soon as there are some. */
  onKillable?(killAll: () => void): void;
}

/** Does the run, and undoes at its end what it opened; what can't be undone is told and keeps nothing else. */
export async function withReleases<Report>(
  { log }: Pick<RunEnvironment, 'log'>,
  run: (releases: Releases) => Promise<Report>,
): Promise<Report> {
  const releases: Releases = [];
  try {
    return await run(releases);
  } finally {
    for (const release of releases.reverse()) {
      await release().catch((error: unknown) => log(`while stopping: ${String(error)}`));
    }
  }
}
