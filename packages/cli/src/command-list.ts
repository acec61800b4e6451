import type { Command } from './command.ts';
import { configCheck } from './commands/config-check.ts';
import { configConvert } from './commands/config-convert.ts';
import { migrateDatabase } from './commands/migrate-database.ts';

/** Every command, in the order of the help. A new one is a file in commands/ and a line here. */
export const COMMANDS: readonly Command[] = [configCheck, configConvert, migrateDatabase];
