import { exportPersonalData } from '@ramal/privacy';
import { toOperator } from '../callbacks/require-tenant.ts';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { DATABASE_URL_OPTION } from '../database-url.ts';
import { REDIS_URL_OPTION, requireCompany, withPersons } from '../open-tenants.ts';
import { parsePerson, PERSON_OPTIONS } from '../person-option.ts';
import { writeJson } from '../terminal-text.ts';

/** LGPD, art. 18, II and V. */
export const privacyExport = createCommand({
  name: 'privacy export',
  summary: 'print everything that is held on a person, by number or by user, as JSON',
  description: `Calls with their events and steps, stored or still alive, dead letters, the user's entry in the directory and
the audit log about the person. Numbers are whole: mind where it goes. That it was read is written down.`,
  arguments: [],
  options: { ...PERSON_OPTIONS, 'database-url': DATABASE_URL_OPTION, 'redis-url': REDIS_URL_OPTION },
  async run(input) {
    const { options, print, process } = input;
    const { tenant, person } = parsePerson(options);
    const exported = await withPersons(input, options, async (deps, tenants) => {
      await requireCompany(tenants, tenant);
      return exportPersonalData(deps, { tenant, person, actor: toOperator(process.env) });
    });
    const { next: _none, ...held } = exported;
    writeJson(print, { tenant, person, exportedAt: process.now().toISOString(), ...held });
    return EXIT.ok;
  },
});
