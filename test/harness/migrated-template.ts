import { migrate } from '@ramal/store';
import { createEmptyDatabase, useDatabaseTemplate } from '@ramal/testkit';

/** Migrates one database, of which test files' databases are copies: to migrate each of them takes many times as long. */
export default async function setUpTemplate(): Promise<() => Promise<void>> {
  const template = await createEmptyDatabase();
  await migrate(template.databaseUrl);
  useDatabaseTemplate(template);
  return template.drop;
}
