import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { type Conversion, convertTenant } from '../convert/convert-tenant.ts';
import { toConversionJson } from '../convert/conversion-json.ts';
import { toConversionLines } from '../convert/conversion-lines.ts';
import { DATABASE_URL_OPTION } from '../database-url.ts';
import { CATALOGS, fill } from '../locale/catalog.ts';
import { chooseLanguage, LANGUAGE_OPTION } from '../locale/choose-language.ts';
import { parseTenant, withDirectory } from '../open-directory.ts';
import { writeJson } from '../terminal-text.ts';
import { CommandFailedError, UsageError } from '../usage-error.ts';

/** From the old table to the new one (R30). */
export const configConvert = createCommand({
  name: 'config convert',
  summary: "show, or write, the configuracao_cti row that a tenant's empresas row becomes",
  description: `Prints where each old column goes, what is assumed, what is wrong with the row, and how it differs from
a configuracao_cti row that is there already. Writes only with --apply, in one transaction; from then on
the new row counts, and usa_cti alone is still read from empresas.`,
  arguments: ['tenant'],
  options: {
    apply: { type: 'boolean', help: 'write the row' },
    force: { type: 'boolean', help: 'with --apply: replace another row, and write one that has problems' },
    lang: LANGUAGE_OPTION,
    json: { type: 'boolean', help: 'the conversion as JSON' },
    'database-url': DATABASE_URL_OPTION,
  },
  async run(input) {
    const { options, print, process } = input;
    const tenant = parseTenant(input.arguments[0]);
    if (options.force === true && options.apply !== true) throw new UsageError('--force goes with --apply.');
    const catalog = CATALOGS[chooseLanguage(process.env, options.lang)];
    const { result, maskedUrl } = await withDirectory(input, options['database-url'], async (directory) => ({
      result: await convertTenant(directory, tenant, {
        apply: options.apply === true,
        force: options.force === true,
      }),
      maskedUrl: directory.maskedUrl,
    }));
    if ('missing' in result) {
      const text = result.missing === 'tenant' ? catalog.findings.tenant_unknown : catalog.convert.noRow;
      throw new CommandFailedError(fill(text, { tenant }));
    }
    const audit = toAudit(result, {
      at: process.now(),
      by: process.env['USER'],
      tenant,
      database: maskedUrl,
    });
    if (options.json === true) {
      writeJson(print, { tenant, ...toConversionJson(catalog, result), audit });
    } else {
      for (const line of toConversionLines(catalog, tenant, result)) print(line);
      if (audit !== null) print(`audit ${JSON.stringify(audit)}`);
    }
    return isInOrder(result) ? EXIT.ok : EXIT.problem;
  },
});

/** What was written, when, where and by whom; null where nothing was. */
function toAudit(
  { outcome, empresaId, differences }: Conversion,
  { at, by, tenant, database }: { at: Date; by: string | undefined; tenant: string; database: string },
): object | null {
  if (outcome !== 'inserted' && outcome !== 'replaced') return null;
  return {
    at: at.toISOString(),
    action: 'config.convert',
    outcome,
    tenant,
    empresaId,
    ...(outcome === 'replaced' ? { columns: differences?.map(({ column }) => column) ?? [] } : {}),
    by: by ?? null,
    database,
  };
}

/** A row that was written on demand is in order; one that is only shown is when it has no problems. */
function isInOrder({ outcome, findings }: Conversion): boolean {
  if (outcome === 'inserted' || outcome === 'replaced') return true;
  if (outcome === 'refused_row' || outcome === 'refused_problems') return false;
  return findings.every(({ severity }) => severity !== 'problem');
}
