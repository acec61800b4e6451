import { z } from 'zod';
import { callEvent } from './call-event.ts';
import { tenantId, userId } from './ids.ts';
import { callView } from './wire-server.ts';

const cursor = z.string().max(300);
const time = z.iso.datetime({ offset: true });

/** `GET /v1/audit`: newest first; pass `nextCursor` back as `cursor`. */
export const auditQuery = z.object({
  /** May be left out with a key of every tenant: then the whole log is read. */
  tenant: tenantId.optional(),
  /** `noun.verb`, such as `config.changed`. */
  action: z
    .string()
    .regex(/^[a-z]+(?:\.[a-z_]+)+$/, 'an action is noun.verb')
    .max(64)
    .optional(),
  /** As it is shown, such as `user ana`. */
  subject: z.string().min(1).max(300).optional(),
  /** RFC 3339, inclusive. */
  from: time.optional(),
  /** RFC 3339, exclusive. */
  to: time.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: cursor.optional(),
});

export const auditResponse = z.object({
  entries: z.array(
    z.object({
      at: z.iso.datetime(),
      tenant: tenantId.nullable(),
      actor: z.string(),
      action: z.string(),
      subject: z.string().nullable(),
      detail: z.record(z.string(), z.unknown()),
    }),
  ),
  nextCursor: z.string().nullable(),
});

/** Whose number it is, in any spelling: seven digits at least, or the name that the telephone system calls it by. */
const personNumber = z
  .string()
  .trim()
  .max(64)
  .refine(
    (text) => text.replace(/\D/g, '').length >= 7 || /\p{L}/u.test(text),
    'a number holds 7 digits at least; extensions are no persons',
  );

const person = { tenant: tenantId.optional(), number: personNumber.optional(), user: userId.optional() };
const isOnePerson = ({ number, user }: { number?: unknown; user?: unknown }) =>
  (number === undefined) !== (user === undefined);
const ONE_PERSON = 'say who: either number or user';

/** `POST /v1/privacy/erasures`: a person, by number or by user (LGPD, art. 18). */
export const erasureRequest = z
  .object({
    ...person,
    /** Counts and changes nothing. */
    dryRun: z.boolean().default(false),
    /** `nextCursor` of the answer before. */
    cursor: cursor.optional(),
  })
  .refine(isOnePerson, ONE_PERSON);

const rows = z.number().int().nonnegative();

export const erasureResponse = z.object({
  /** `partial`: ask again, with `cursor` where there is one. */
  status: z.enum(['done', 'partial']),
  dryRun: z.boolean(),
  nextCursor: z.string().nullable(),
  /** Calls that were looked at, and calls the person was erased from. */
  looked: rows,
  calls: rows,
  deadLetters: rows,
  live: z.object({ calls: rows, intents: rows, messages: rows, keys: rows, open: rows }),
  stream: z.object({ deleted: rows, waiting: rows }),
  userRemoved: z.boolean(),
  /** Links that were removed; the files lie at the telephone system and are to be erased there. */
  recordings: z.array(z.string()),
  /** How the audit log names the person. */
  subject: z.string().nullable(),
});

/** `POST /v1/privacy/exports`: everything that is held on a person, a page at a time. */
export const exportRequest = z
  .object({
    ...person,
    limit: z.number().int().min(1).max(1_000).default(200),
    cursor: cursor.optional(),
  })
  .refine(isOnePerson, ONE_PERSON);

export const exportResponse = z.object({
  nextCursor: z.string().nullable(),
  user: z
    .object({
      user: userId,
      displayName: z.string().nullable(),
      ramal: z.string().nullable(),
      agente: z.string().nullable(),
      active: z.boolean(),
    })
    .nullable(),
  calls: z.array(
    z.object({
      call: callView,
      /** False for a call that is alive and not in the history yet. */
      stored: z.boolean(),
      events: z.array(callEvent),
      steps: z.array(z.record(z.string(), z.unknown())),
    }),
  ),
  deadLetters: z.array(z.object({ id: z.string(), createdAt: z.string(), payload: z.string() })),
  audit: auditResponse.shape.entries,
});
