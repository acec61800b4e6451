import pg from 'pg';

/** Hears which tenants' configuration has changed in the directory database. */
export interface ConfigListener {
  /** True while no notice can have been missed. */
  listening(): boolean;
  close(): Promise<void>;
}

export interface ConfigListenerOptions {
  databaseUrl: string;
  applicationName: string;
  /** The tenant whose configuration changed; null when it may be any. */
  onChange(tenant: string | null): void;
  /** Whose tokens are taken has changed, or may have. */
  onAccessChange?(): void;
  onError(error: Error): void;
}

const CONFIG_CHANNEL = 'ramal_config';
const ACCESS_CHANNEL = 'ramal_access';
const PROBE_EVERY_MS = 5_000;
const PROBE_TIMEOUT_MS = 2_000;
const RECONNECT_MS = 1_000;

/**
 * Listens on a connection of its own, for ever. After each (re)connection everything may have changed, so
 * `onChange(null)` and `onAccessChange` are called then; a connection that no longer answers is replaced.
 */
export function startConfigListener(options: ConfigListenerOptions): ConfigListener {
  const { databaseUrl, applicationName, onChange, onAccessChange = () => undefined, onError } = options;
  let client: pg.Client | null = null;
  let listening = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const connect = async () => {
    const next = new pg.Client({
      connectionString: databaseUrl,
      application_name: `${applicationName}-listen`,
      connectionTimeoutMillis: 5_000,
      query_timeout: PROBE_TIMEOUT_MS,
      keepAlive: true,
    });
    client = next;
    next.on('error', (error) => lost(next, error));
    next.on('end', () => lost(next, null));
    next.on('notification', ({ channel, payload }) => {
      if (channel === ACCESS_CHANNEL) onAccessChange();
      else onChange(payload === undefined || payload === '' ? null : payload);
    });
    await next.connect();
    await next.query(`listen ${CONFIG_CHANNEL}`);
    await next.query(`listen ${ACCESS_CHANNEL}`);
    listening = true;
    onChange(null);
    onAccessChange();
    schedule(probe, PROBE_EVERY_MS);
  };

  const probe = async () => {
    await client?.query('select 1');
    schedule(probe, PROBE_EVERY_MS);
  };

  /** Runs one step later; its failure means that the connection is lost. */
  const schedule = (step: () => Promise<void>, inMs: number) => {
    clearTimeout(timer);
    if (closed) return;
    timer = setTimeout(() => run(step), inMs);
  };
  const run = (step: () => Promise<void>) => {
    const used = client;
    step().catch((error: unknown) =>
      lost(client ?? used, error instanceof Error ? error : new Error(String(error))),
    );
  };

  const lost = (which: pg.Client | null, error: Error | null) => {
    if (which !== client) return;
    listening = false;
    client = null;
    which?.removeAllListeners('notification');
    which?.end().catch(() => undefined);
    if (closed) return;
    if (error !== null) onError(error);
    schedule(connect, RECONNECT_MS);
  };

  run(connect);
  return {
    listening: () => listening,
    async close() {
      closed = true;
      clearTimeout(timer);
      const last = client;
      client = null;
      await last?.end();
    },
  };
}
