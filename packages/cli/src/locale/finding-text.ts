import { type CtiNotice, DEFAULT_RECEIVED_NAMES } from '@ramal/cti';
import type { Finding } from '../check/finding.ts';
import { type Catalog, fill } from './catalog.ts';

/** A finding in words. */
export function toFindingText(catalog: Catalog, finding: Finding): string {
  switch (finding.kind) {
    case 'tenant':
      return fill(catalog.findings[finding.code], finding.values);
    case 'setting':
      return fill(catalog.findings.settings_invalid, {
        setting: finding.setting,
        expected: toExpected(catalog, finding.setting),
      });
    case 'notice':
      return `${catalog.fields[finding.field]} (${finding.column}): ${toNoticeText(catalog, finding)}.`;
  }
}

function toNoticeText(catalog: Catalog, { field, code }: Pick<CtiNotice, 'field' | 'code'>): string {
  const names: Readonly<Record<string, string>> = DEFAULT_RECEIVED_NAMES;
  return fill(catalog.notices[code], { name: names[field] ?? '' });
}

/** A setting's name comes from stored JSON. */
function toExpected({ settings }: Catalog, setting: string): string {
  return Object.hasOwn(settings, setting) ? settings[setting as keyof typeof settings] : settings.settings;
}
