import type { HistoryReader } from '../harness/history-reader.ts';
import type { Place } from './canary-spellings.ts';

/** A column of the database. */
export interface ColumnPlace extends Place {
  table: string;
  column: string;
}

/** Every column of every table, all rows in one text; the months of a table are read through their parent. */
export async function readDatabase(database: HistoryReader): Promise<ColumnPlace[]> {
  const columns = await database.query<{ table: string; column: string }>(
    `select c.relname as table, a.attname as column
       from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        and a.attnum > 0 and not a.attisdropped`,
  );
  return Promise.all(
    columns.map(async ({ table, column }) => {
      const rows = await database.query<{ value: string | null }>(
        `select "${column}"::text as value from "${table}"`,
      );
      const text = rows.map(({ value }) => value ?? '').join('\n');
      return { table, column, where: `column ${table}.${column}`, text };
    }),
  );
}
