import type { Command } from './command.ts';
import { accessAddKey } from './commands/access-add-key.ts';
import { accessRemoveKey } from './commands/access-remove-key.ts';
import { accessRevoke } from './commands/access-revoke.ts';
import { accessShow } from './commands/access-show.ts';
import { accessUseDeployment } from './commands/access-use-deployment.ts';
import { accessUseProvider } from './commands/access-use-provider.ts';
import { apiKeyCreate } from './commands/api-key-create.ts';
import { apiKeyList } from './commands/api-key-list.ts';
import { apiKeyRevoke } from './commands/api-key-revoke.ts';
import { apiKeyRotate } from './commands/api-key-rotate.ts';
import { callbackAuthClear } from './commands/callback-auth-clear.ts';
import { callbackAuthSet } from './commands/callback-auth-set.ts';
import { callbackAuthShow } from './commands/callback-auth-show.ts';
import { callbackTokenCreate } from './commands/callback-token-create.ts';
import { callbackTokenList } from './commands/callback-token-list.ts';
import { callbackTokenRevoke } from './commands/callback-token-revoke.ts';
import { callbackTokenRotate } from './commands/callback-token-rotate.ts';
import { auditList } from './commands/audit-list.ts';
import { auditVerify } from './commands/audit-verify.ts';
import { configCheck } from './commands/config-check.ts';
import { configConvert } from './commands/config-convert.ts';
import { dbGrant } from './commands/db-grant.ts';
import { deadLettersList } from './commands/dead-letters-list.ts';
import { deadLettersReplay } from './commands/dead-letters-replay.ts';
import { deadLettersShow } from './commands/dead-letters-show.ts';
import { keysRotate } from './commands/keys-rotate.ts';
import { keysStatus } from './commands/keys-status.ts';
import { migrateDatabase } from './commands/migrate-database.ts';
import { privacyErase } from './commands/privacy-erase.ts';
import { privacyExport } from './commands/privacy-export.ts';
import { retentionRun } from './commands/retention-run.ts';

/** Every command, in the order of the help. A new one is a file in commands/ and a line here. */
export const COMMANDS: readonly Command[] = [
  configCheck,
  configConvert,
  callbackTokenCreate,
  callbackTokenList,
  callbackTokenRotate,
  callbackTokenRevoke,
  callbackAuthShow,
  callbackAuthSet,
  callbackAuthClear,
  apiKeyCreate,
  apiKeyList,
  apiKeyRotate,
  apiKeyRevoke,
  accessShow,
  accessRevoke,
  accessUseProvider,
  accessAddKey,
  accessRemoveKey,
  accessUseDeployment,
  dbGrant,
  keysRotate,
  keysStatus,
  migrateDatabase,
  deadLettersList,
  deadLettersShow,
  deadLettersReplay,
  auditList,
  auditVerify,
  privacyErase,
  privacyExport,
  retentionRun,
];
