import { type ChainHead, verifyAudit } from '@ramal/store';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { DATABASE_URL_OPTION } from '../database-url.ts';
import { parseTenant } from '../open-directory.ts';
import { requireCompany, withTenants } from '../open-tenants.ts';
import { writeJson } from '../terminal-text.ts';
import { UsageError } from '../usage-error.ts';

const WHY = {
  removed: 'the entry was removed',
  changed: 'the entry or its place was changed',
  gap: 'places before it were cut out',
  head: 'the chain does not hold the end that was noted: it was cut off or made anew',
};

export const auditVerify = createCommand({
  name: 'audit verify',
  summary: 'check that no entry of the audit log was removed or changed',
  description: `Goes through the whole chain of hashes. Needs RAMAL_MASTER_KEY where the services have one. The end of the chain
is printed, and logged by history each time it grows: note it elsewhere and give it with --expect, and what
was cut off the end since shows as well.`,
  arguments: [],
  options: {
    expect: { type: 'string', placeholder: 'SEQ:HASH', help: 'an end of the chain that was noted earlier' },
    tenant: { type: 'string', placeholder: 'TENANT', help: "of this company's own database" },
    json: { type: 'boolean', help: 'the outcome as JSON' },
    'database-url': DATABASE_URL_OPTION,
  },
  async run(input) {
    const { options, print } = input;
    const expected = parseHead(options.expect);
    const tenant = options.tenant === undefined ? null : parseTenant(options.tenant);
    const report = await withTenants(input, options['database-url'], async (tenants) => {
      if (tenant !== null) await requireCompany(tenants, tenant);
      const store = tenant === null ? tenants.store : await tenants.historyOf(tenant);
      return verifyAudit(store, tenants.chainKeys, expected);
    });
    const { intact, unsealed, unknownKey, unkeyed, head, broken } = report;
    if (options.json === true) writeJson(print, report);
    else {
      print(`${intact} entries are intact, ${unsealed} are too new to have a place in the chain.`);
      if (unkeyed > 0) print(`${unkeyed} of them were sealed without a master key.`);
      if (unknownKey > 0) print(`${unknownKey} were sealed with a master key that was not given.`);
      for (const { seq, auditId, why } of broken)
        print(`place ${seq}${auditId === '' ? '' : `, entry ${auditId}`}: ${WHY[why]}`);
      print(head === null ? 'The chain is empty.' : `The chain ends at ${head.seq}:${head.hash}`);
    }
    return broken.length === 0 && unknownKey === 0 ? EXIT.ok : EXIT.problem;
  },
});

/** @throws UsageError */
function parseHead(text: string | undefined): ChainHead | null {
  if (text === undefined) return null;
  const [, seq, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/i.exec(text) ?? [];
  if (seq === undefined || hash === undefined)
    throw new UsageError('--expect is SEQ:HASH, as the command prints it.');
  return { seq: Number(seq), hash };
}
