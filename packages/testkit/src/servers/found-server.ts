/** A Redis or PostgreSQL that answers, and how to let go of it. */
export interface FoundServer {
  /** Where clients connect; holds the password if there is one. */
  readonly url: string;
  /** `env`: given by an environment variable, never stopped by us. */
  readonly kind: 'env' | 'docker' | 'local';
  readonly port: number;
  /** Process id of a `local` server. */
  readonly pid?: number;
  /** Where a `local` server keeps its data: the same folder and port start it again. */
  readonly dataDir?: string;
  /** Stops what was started, at most some seconds; safe to call twice; does nothing for `env`. */
  stop(): Promise<void>;
}

/** How to look for a server. */
export interface FindServerOptions {
  /** Folder that outlives the server. Without one the data is temporary and removed at stop. */
  dataDir?: string;
  /** Taken if free; otherwise the next free port above. Without one any free port. */
  preferredPort?: number;
  /** True keeps every write through a power cut (fsync); default: true when `dataDir` is given. */
  durable?: boolean;
  /** Where it is not durable: true keeps what it has acknowledged when the server alone is killed; default false. */
  survivesKill?: boolean;
  /** Niceness of a PostgreSQL that is started, 0 to 19; default 0. */
  niceness?: number;
  /** Gets one line per noteworthy step; default: silent. */
  log?: (line: string) => void;
  /** Environment to read instead of `process.env`. */
  env?: NodeJS.ProcessEnv;
}
