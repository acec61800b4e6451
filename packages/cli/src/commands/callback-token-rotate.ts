import { WEBHOOK_URL_OPTION } from '../callbacks/callback-addresses.ts';
import { COMMON_OPTIONS } from '../callbacks/common-options.ts';
import { OVERLAP_OPTION, parseOverlap } from '../callbacks/duration.ts';
import { issueToken } from '../callbacks/issue-token.ts';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';

export const callbackTokenRotate = createCommand({
  name: 'callback-token rotate',
  summary: "make a new callback token, and give the tenant's others an end",
  description: `As "callback-token create", and gives every other token of the tenant an end, after --overlap: until then the CTI
may use either. An end that was set before, and is earlier, stays.`,
  arguments: ['tenant'],
  options: {
    name: { type: 'string', placeholder: 'TEXT', help: 'what it is for, to tell it from others' },
    overlap: OVERLAP_OPTION,
    'webhook-url': WEBHOOK_URL_OPTION,
    ...COMMON_OPTIONS,
  },
  async run(input) {
    await issueToken(input, input.options, parseOverlap(input.options.overlap));
    return EXIT.ok;
  },
});
