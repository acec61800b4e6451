import { erasureRequest, erasureResponse, exportRequest, exportResponse } from '@ramal/contracts';
import {
  erasePersonalData,
  exportPersonalData,
  parsePlace,
  PlaceInvalidError,
  type PrivacyDeps,
  toPlaceText,
  UserActiveError,
} from '@ramal/privacy';
import { WireError } from '@ramal/runtime';
import type { FastifyInstance } from 'fastify';
import type { Events } from './events.ts';
import { refuses, replies, SECURITY } from './http-docs.ts';
import { parseInput } from './parse-input.ts';
import { type Authenticate, requireRight, toActor } from './principal.ts';
import type { ToReadableTenant } from './readable-tenant.ts';

export interface PrivacyRoutesDeps {
  authenticate: Authenticate;
  toReadableTenant: ToReadableTenant;
  privacy: PrivacyDeps;
  events: Events;
}

/** A request goes on for so long at most; the answer says where the next one begins. */
const BUDGET_MS = 5_000;
const PATIENCE_MS = 2_000;

/** `POST /v1/privacy/…`: what LGPD's art. 18 lets a person ask of a company, by number or by user. */
export function registerPrivacyRoutes(app: FastifyInstance, deps: PrivacyRoutesDeps): void {
  const { authenticate, toReadableTenant, privacy, events } = deps;

  app.post(
    '/v1/privacy/erasures',
    {
      schema: {
        tags: ['privacy'],
        summary: 'Erase a person',
        description:
          'Needs `privacy:erase`. By `number`, in any spelling, or by `user`, who must be switched off. Calls stay, without the person. Ask again, ' +
          'with `nextCursor` as `cursor`, until `status` is `done`; calls that still go on are erased once they are over. ' +
          'The files of the recordings that it names lie at the telephone system.',
        security: SECURITY,
        body: erasureRequest,
        response: {
          200: replies('What was erased', erasureResponse),
          ...refuses('bad_request', 'auth_required', 'auth_failed', 'forbidden', 'not_found'),
        },
      },
    },
    async (request) => {
      const principal = await authenticate(request.headers);
      requireRight(principal, 'privacy:erase');
      const asked = parseInput(erasureRequest, request.body);
      const tenant = await toReadableTenant(principal, asked.tenant);
      const actor = toActor(principal);
      const report = await toWire(async () =>
        erasePersonalData(privacy, {
          tenant,
          person: toPerson(asked),
          actor,
          dryRun: asked.dryRun,
          after: asked.cursor === undefined ? null : parsePlace(asked.cursor),
          budgetMs: BUDGET_MS,
          patienceMs: PATIENCE_MS,
        }),
      );
      const { next, ...told } = report;
      if (!asked.dryRun)
        events.personErased({ tenant, by: actor, status: report.status, calls: report.calls });
      return { ...told, dryRun: asked.dryRun, nextCursor: next === null ? null : toPlaceText(next) };
    },
  );

  app.post(
    '/v1/privacy/exports',
    {
      schema: {
        tags: ['privacy'],
        summary: 'Everything that is held on a person',
        description:
          'Needs `privacy:export`. By `number`, in any spelling, or by `user`; numbers are whole. Hand `nextCursor` back as `cursor` for the next ' +
          'page, which may be empty: the last one has none. The user, dead letters and audit entries come with the first.',
        security: SECURITY,
        body: exportRequest,
        response: {
          200: replies('A page', exportResponse),
          ...refuses('bad_request', 'auth_required', 'auth_failed', 'forbidden', 'not_found'),
        },
      },
    },
    async (request) => {
      const principal = await authenticate(request.headers);
      requireRight(principal, 'privacy:export');
      const asked = parseInput(exportRequest, request.body);
      const tenant = await toReadableTenant(principal, asked.tenant);
      const actor = toActor(principal);
      const { next, calls, ...rest } = await toWire(async () =>
        exportPersonalData(privacy, {
          tenant,
          person: toPerson(asked),
          actor,
          after: asked.cursor === undefined ? null : parsePlace(asked.cursor),
          budgetMs: BUDGET_MS,
          most: asked.limit,
        }),
      );
      events.personExported({ tenant, by: actor, calls: calls.length });
      return { ...rest, calls, nextCursor: next === null ? null : toPlaceText(next) };
    },
  );
}

function toPerson({ number, user }: { number?: string | undefined; user?: string | undefined }) {
  return user === undefined
    ? ({ kind: 'number', number: number ?? '' } as const)
    : ({ kind: 'user', user } as const);
}

async function toWire<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isTheirs = error instanceof UserActiveError || error instanceof PlaceInvalidError;
    throw isTheirs ? new WireError('bad_request', error.message) : error;
  }
}
