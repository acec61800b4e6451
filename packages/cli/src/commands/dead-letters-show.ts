import { appendAudit, findDeadLetter } from '@ramal/store';
import { toOperator } from '../callbacks/require-tenant.ts';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { DATABASE_URL_OPTION } from '../database-url.ts';
import { openPlace, parseLetterId, toLetterId } from '../dead-letters/letter-places.ts';
import { maskPayload } from '../dead-letters/mask-payload.ts';
import { withTenants } from '../open-tenants.ts';
import { writeJson } from '../terminal-text.ts';
import { CommandFailedError } from '../usage-error.ts';

/** One dead letter, with what it holds (I8, threat 11). */
export const deadLettersShow = createCommand({
  name: 'dead-letters show',
  summary: 'show one dead letter, and what it holds',
  description: `Telephone numbers are masked; with --reveal they are whole, and that they were shown is written into the audit log.`,
  arguments: ['id'],
  options: {
    reveal: { type: 'boolean', help: 'numbers whole, as it came; written into the audit log' },
    json: { type: 'boolean', help: 'as JSON' },
    'database-url': DATABASE_URL_OPTION,
  },
  async run(input) {
    const { options, print, process } = input;
    const asked = parseLetterId(input.arguments[0] ?? '');
    const reveal = options.reveal === true;
    const letter = await withTenants(input, options['database-url'], async (tenants) => {
      const { store } = await openPlace(tenants, asked.owner);
      const found = await findDeadLetter(store, asked.id);
      if (found === null) throw new CommandFailedError('ramal: there is no dead letter of that id.');
      if (reveal) {
        await appendAudit(tenants.store, {
          tenant: found.tenant,
          actor: toOperator(process.env),
          action: 'number.revealed',
          subject: `dead letter ${toLetterId(asked)}`,
        });
      }
      return found;
    });
    const payload = reveal ? letter.payload : maskPayload(letter.payload);
    const shown = { ...letter, id: toLetterId(asked), payload };
    if (options.json === true) {
      writeJson(print, shown);
      return EXIT.ok;
    }
    for (const [name, value] of Object.entries(shown)) {
      if (name !== 'payload') print(`${name}: ${value ?? '-'}`);
    }
    print();
    print(payload);
    return EXIT.ok;
  },
});
