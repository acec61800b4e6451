import { sleepUntil } from '@ramal/testkit';
import type { HistoryReader } from './history-reader.ts';

/** Changes rows by hand and waits until they count everywhere: the services remember for two seconds (R29). */
export async function changeConfiguration(database: HistoryReader, ...statements: string[]): Promise<void> {
  for (const statement of statements) await database.query(statement);
  const changedAt = performance.now();
  await sleepUntil(() => performance.now() - changedAt > 2050, { describe: 'the services to forget' });
}
