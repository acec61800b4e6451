import { checkTenant, type TenantCheck } from '../check/check-tenant.ts';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { DATABASE_URL_OPTION } from '../database-url.ts';
import { type Catalog, CATALOGS, fill } from '../locale/catalog.ts';
import { chooseLanguage, LANGUAGE_OPTION } from '../locale/choose-language.ts';
import { toFindingText } from '../locale/finding-text.ts';
import { parseTenant, withDirectory } from '../open-directory.ts';
import { writeJson } from '../terminal-text.ts';

/** Every problem of a tenant's configuration, in one list and in the administrator's language (R29, R31). */
export const configCheck = createCommand({
  name: 'config check',
  summary: "list everything that is wrong with a tenant's configuration",
  description: `Reads the tenant's company, configuration, settings, users and callback tokens, and lists every
problem and warning at once. Ends with the request that a call of the first complete user would send
to the CTI, masked. Changes nothing and calls nobody; never shows a password or token.`,
  arguments: ['tenant'],
  options: {
    lang: LANGUAGE_OPTION,
    json: { type: 'boolean', help: 'the list as JSON' },
    'database-url': DATABASE_URL_OPTION,
  },
  async run(input) {
    const tenant = parseTenant(input.arguments[0]);
    const language = chooseLanguage(input.process.env, input.options.lang);
    const check = await withDirectory(input, input.options['database-url'], (directory) =>
      checkTenant(directory, tenant),
    );
    const ok = check.findings.every(({ severity }) => severity !== 'problem');
    const catalog = CATALOGS[language];
    if (input.options.json === true) {
      writeJson(input.print, { tenant, language, ok, ...toJson(catalog, check) });
    } else {
      for (const line of toLines(catalog, tenant, check)) input.print(line);
    }
    return ok ? EXIT.ok : EXIT.problem;
  },
});

function toJson(catalog: Catalog, { findings, example }: TenantCheck): object {
  return {
    findings: findings.map((finding) => ({
      severity: finding.severity,
      code: finding.code,
      ...(finding.kind === 'notice' ? { field: finding.field, column: finding.column } : {}),
      ...(finding.kind === 'setting' ? { setting: finding.setting } : {}),
      ...(finding.kind === 'tenant' ? finding.values : {}),
      message: toFindingText(catalog, finding),
    })),
    example,
  };
}

function toLines(catalog: Catalog, tenant: string, { findings, example }: TenantCheck): string[] {
  const { check, severity } = catalog;
  const count = (wanted: string) => String(findings.filter((finding) => finding.severity === wanted).length);
  return [
    fill(check.title, { tenant }),
    ...findings.map((finding) => `  [${severity[finding.severity]}] ${toFindingText(catalog, finding)}`),
    findings.length === 0
      ? `  ${check.inOrder}`
      : fill(check.count, { problems: count('problem'), warnings: count('warning') }),
    '',
    ...(example === null
      ? [check.noExample]
      : [
          fill(check.example, { user: example.user }),
          `  ${example.method} ${example.url}`,
          ...toHeaderLines(example.headers, check.noHeaders),
          ...(example.prefix === 'none' ? [] : [`  ${check.prefixed}`]),
        ]),
  ];
}

function toHeaderLines(headers: Readonly<Record<string, string>>, none: string): string[] {
  const lines = Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`);
  return lines.length === 0 ? [`  ${none}`] : lines;
}
