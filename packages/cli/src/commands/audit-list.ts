import { queryAuditOf, type Tenants } from '@ramal/store';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { DATABASE_URL_OPTION } from '../database-url.ts';
import { parseTenant } from '../open-directory.ts';
import { requireCompany, withTenants } from '../open-tenants.ts';
import { writeJson } from '../terminal-text.ts';
import { UsageError } from '../usage-error.ts';

const DEFAULT_LIMIT = 50;
const MOST = 1_000;

export const auditList = createCommand({
  name: 'audit list',
  summary: 'show the audit log, newest first',
  description: `Changes of configuration (also by plain SQL), keys, revealed numbers, erasures and exports. It holds no secret
and no whole telephone number. Without --tenant the log of the whole installation is read.`,
  arguments: [],
  options: {
    tenant: { type: 'string', placeholder: 'TENANT', help: 'of this company, its own database included' },
    action: { type: 'string', placeholder: 'ACTION', help: 'only this, such as config.changed' },
    subject: { type: 'string', placeholder: 'SUBJECT', help: 'only about this, such as "user ana"' },
    from: { type: 'string', placeholder: 'TIME', help: 'not before, such as 2026-03-01T00:00:00Z' },
    to: { type: 'string', placeholder: 'TIME', help: 'before' },
    limit: {
      type: 'string',
      placeholder: 'N',
      help: `at most so many, 1 to ${MOST}; default ${DEFAULT_LIMIT}`,
    },
    cursor: { type: 'string', placeholder: 'CURSOR', help: 'goes on where the list before ended' },
    json: { type: 'boolean', help: 'the entries as JSON' },
    'database-url': DATABASE_URL_OPTION,
  },
  async run(input) {
    const { options, print, note } = input;
    const { action, subject, cursor } = options;
    const tenant = options.tenant === undefined ? null : parseTenant(options.tenant);
    const filter = {
      action,
      subject,
      from: parseTime(options.from),
      to: parseTime(options.to),
      limit: parseLimit(options.limit),
    };
    const page = await withTenants(input, options['database-url'], async (tenants) => {
      const { own, empresaId } = await findOwn(tenants, tenant);
      return queryAuditOf({ shared: tenants.store, own }, { ...filter, tenant, empresaId }, cursor);
    });
    if (options.json === true) {
      writeJson(print, { entries: page.records, nextCursor: page.nextCursor });
      return EXIT.ok;
    }
    for (const { at, tenant: of, actor, action: what, subject: about, detail } of page.records) {
      print(`${at}  ${of ?? '-'}  ${actor}  ${what}  ${about ?? '-'}  ${JSON.stringify(detail)}`);
    }
    if (page.nextCursor !== null) note(`there is more: --cursor ${page.nextCursor}`);
    return EXIT.ok;
  },
});

async function findOwn(tenants: Tenants, tenant: string | null) {
  if (tenant === null) return { own: null, empresaId: undefined };
  await requireCompany(tenants, tenant);
  const company = await tenants.lookup.tenant(tenant);
  const own = company?.database == null ? null : await tenants.historyOf(tenant);
  return { own, empresaId: company?.empresaId };
}

/** @throws UsageError */
function parseTime(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new UsageError('a time is written as 2026-03-01T00:00:00Z.');
  return new Date(ms).toISOString();
}

/** @throws UsageError */
function parseLimit(text: string | undefined): number {
  const limit = text === undefined ? DEFAULT_LIMIT : Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST) return limit;
  throw new UsageError(`--limit must be a whole number from 1 to ${MOST}.`);
}
