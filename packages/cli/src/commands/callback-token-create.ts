import { WEBHOOK_URL_OPTION } from '../callbacks/callback-addresses.ts';
import { COMMON_OPTIONS } from '../callbacks/common-options.ts';
import { issueToken } from '../callbacks/issue-token.ts';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';

export const callbackTokenCreate = createCommand({
  name: 'callback-token create',
  summary: 'make a callback token for a tenant, and print the addresses for its CTI',
  description: `Makes one more token of 256 random bits and prints it with the addresses to give to the CTI. It is shown this
once: only its hash is stored. Tokens that are there already go on counting.`,
  arguments: ['tenant'],
  options: {
    name: { type: 'string', placeholder: 'TEXT', help: 'what it is for, to tell it from others' },
    'webhook-url': WEBHOOK_URL_OPTION,
    ...COMMON_OPTIONS,
  },
  async run(input) {
    await issueToken(input, input.options, null);
    return EXIT.ok;
  },
});
