import { connectStore, migrate, type Store } from '@ramal/store';
import { createTestDatabase } from '@ramal/testkit';
import { type RamalRun, runRamal } from './run-ramal.ts';

/** A migrated database of its own, and the tool pointed at it. */
export interface CliDatabase {
  databaseUrl: string;
  store: Store;
  ramal(argv: readonly string[], env?: Record<string, string>): Promise<RamalRun>;
  insert(table: string, row: Readonly<Record<string, unknown>>): Promise<void>;
  drop(): Promise<void>;
}

export async function openCliDatabase(): Promise<CliDatabase> {
  const { databaseUrl, drop } = await createTestDatabase();
  await migrate(databaseUrl);
  const store = connectStore({ databaseUrl, applicationName: 'cli-test', onPoolError: () => undefined });
  return {
    databaseUrl,
    store,
    ramal: (argv, env = {}) => runRamal(argv, { env: { DATABASE_URL: databaseUrl, ...env } }),
    async insert(table, row) {
      const places = Object.keys(row).map((_, index) => `$${index + 1}`);
      await store.query(
        `insert into ${table} (${Object.keys(row).join(', ')}) values (${places.join(', ')})`,
        Object.values(row),
      );
    },
    async drop() {
      await store.close();
      await drop();
    },
  };
}

/** The manual's example (R14) of company 1. */
export const MANUAL_ROW = {
  empresa_id: 1,
  usa_cti: 1,
  cti_autenticacao: 1,
  cti_tipo: 10,
  cti_protocolo: 'https',
  cti_ip: 'demo.integracaocto.com.br',
  cti_porta: '8.080',
  cti_caminho: 'api/clicktodial',
  cti_usa_linha: 0,
  cti_numero_linha: '0',
  cti_usa_zero_ddd: 0,
  cti_nome_origem: 'origem',
  cti_nome_destino: 'destino',
};
