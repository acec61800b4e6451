import { z } from 'zod';

/** The simulator's own paths, which no account may take. */
const RESERVED = /^\/(?:control|recordings|healthz)(?:\/|$)|^\/$/;

const user = z.strictObject({
  ramal: z.string().min(1).max(20),
  agente: z.string().max(200).default(''),
  senha: z.string().max(200).default(''),
  token: z.string().max(2000).default(''),
});

const callbackNames = z.strictObject({
  origin: z.string().min(1).default('origem'),
  destination: z.string().min(1).default('destino'),
  audio: z.string().min(1).default('audio'),
  id: z.string().min(1).default('id'),
  status: z.string().min(1).default('status'),
  duration: z.string().min(1).default('duracao'),
});

const callback = z
  .strictObject({
    /** Goes into the callback's path: `/v1/cti/{token}/…`. */
    token: z.string().min(1).max(200),
    method: z.enum(['GET', 'POST']).default('GET'),
    /** Where the variables travel; a GET has only its query. */
    bodyKind: z.enum(['query', 'form', 'json']).default('query'),
    names: callbackNames.prefault({}),
    /** Whether callbacks carry the CTI's own call id (the manual's have none, R46). */
    sendId: z.boolean().default(true),
  })
  .refine(({ method, bodyKind }) => method === 'POST' || bodyKind === 'query', {
    message: 'a GET callback has no body: use bodyKind "query" or method "POST"',
    path: ['bodyKind'],
  });

/** One customer of the simulated CTI: where its originate API is, who may use it, and how it calls back. */
const simulatorAccount = z.strictObject({
  name: z.string().min(1).max(128),
  /** Path of the originate API, without a query. Several accounts may share one. */
  path: z
    .string()
    .regex(/^\/[^?#\s]*$/, 'a path starts with / and has no query')
    .refine((path) => !RESERVED.test(path), 'this path belongs to the simulator itself')
    .default('/api/clicktodial'),
  /** The authentication of R31 that originates must carry; 0 asks for none. */
  auth: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3), z.literal(4)]),
  users: z.array(user).default([]),
  /** Names of the URL variables of an originate (R11, R12). */
  originName: z.string().min(1).default('origem'),
  destinationName: z.string().min(1).default('destino'),
  /** Left out: this account never calls back. */
  callback: callback.optional(),
});

/** The accounts of one simulator; names are unique. */
export const simulatorAccounts = z
  .array(simulatorAccount)
  .refine((accounts) => new Set(accounts.map(({ name }) => name)).size === accounts.length, {
    message: 'two accounts have the same name',
  });

/** An account as it is written down: everything with a default may be left out. */
export type SimulatorAccount = z.input<typeof simulatorAccount>;
/** An account with its defaults filled in. */
export type Account = z.output<typeof simulatorAccount>;
export type AccountUser = Account['users'][number];
export type AccountCallback = NonNullable<Account['callback']>;
