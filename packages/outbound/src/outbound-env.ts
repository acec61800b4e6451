import { z } from 'zod';
import { AllowListInvalidError, parseAllowList } from './allow-list.ts';

/** The variables of a service that asks addresses which somebody else has named. */
export const outboundEnv = {
  OUTBOUND_ALLOW: z
    .string()
    .optional()
    .transform((text, context) => {
      try {
        return parseAllowList(text ?? '');
      } catch (error) {
        if (!(error instanceof AllowListInvalidError)) throw error;
        context.addIssue({ code: 'custom', message: error.message });
        return z.NEVER;
      }
    })
    .describe(
      'Addresses of this machine and of private networks that may be asked, such as 10.20.0.0/16,192.168.1.5:8080; public ones always may',
    ),
};
