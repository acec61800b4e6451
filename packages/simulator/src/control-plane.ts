import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { type Behaviour, type BehaviourPatch, behaviourPatch } from './behaviour.ts';
import type { CallbackRecord } from './callback-sender.ts';
import type { SimulatedCall } from './call-player.ts';
import { CONTROL_HELP } from './help-text.ts';
import { type IncomingCall, incomingCall, UnknownAccountError } from './incoming-call.ts';
import { readJsonBody, RequestBodyError } from './json-body.ts';
import type { OriginateRecord } from './originate-record.ts';
import { CORS, sendError, sendJson, sendText } from './reply.ts';
import type { SimulatorLog } from './simulator-log.ts';

const refusal = z.strictObject({ ms: z.number().int().min(0).max(600_000) });

/** What the control plane can do to its simulator. */
export interface ControlTarget {
  originates(): OriginateRecord[];
  callbacks(): CallbackRecord[];
  calls(): SimulatedCall[];
  clear(): void;
  behaviour(account?: string): Behaviour;
  behave(patch: BehaviourPatch, account?: string): void;
  resetBehaviour(account?: string): void;
  placeIncoming(call: IncomingCall): { id: string };
  refuse(refusal: { ms: number }): Promise<void>;
}

type Route = (request: IncomingMessage, response: ServerResponse, account?: string) => void | Promise<void>;

function toRoutes(target: ControlTarget, log: SimulatorLog): Record<string, Partial<Record<string, Route>>> {
  return {
    '/': { GET: (_, response) => sendText(response, 200, CONTROL_HELP) },
    '/healthz': { GET: (_, response) => sendJson(response, 200, { status: 'ok' }) },
    '/control/originates': {
      GET: (_, response) => sendJson(response, 200, target.originates()),
      DELETE: (_, response) => {
        target.clear();
        sendJson(response, 200, { cleared: true });
      },
    },
    '/control/callbacks': { GET: (_, response) => sendJson(response, 200, target.callbacks()) },
    '/control/calls': { GET: (_, response) => sendJson(response, 200, target.calls()) },
    '/control/behaviour': {
      GET: (_, response, account) => sendJson(response, 200, target.behaviour(account)),
      PUT: async (request, response, account) => {
        target.behave(await readJsonBody(request, behaviourPatch), account);
        sendJson(response, 200, target.behaviour(account));
      },
      DELETE: (_, response, account) => {
        target.resetBehaviour(account);
        sendJson(response, 200, target.behaviour(account));
      },
    },
    '/control/incoming': {
      POST: async (request, response) => {
        sendJson(response, 202, target.placeIncoming(await readJsonBody(request, incomingCall)));
      },
    },
    '/control/refuse': {
      POST: async (request, response) => {
        const { ms } = await readJsonBody(request, refusal);
        // Answered first: this connection is one of those that are cut.
        response.once('finish', () => {
          target
            .refuse({ ms })
            .catch((error: unknown) => log('error', 'refuse failed', { error: String(error) }));
        });
        response.setHeader('Connection', 'close');
        sendJson(response, 202, { refusedMs: ms });
      },
    },
  };
}

/** Builds the handler of `/`, `/healthz` and `/control/…`; everything else is 404. */
export function createControlPlane(target: ControlTarget, log: SimulatorLog) {
  const routes = new Map(Object.entries(toRoutes(target, log)));

  function sendFailure(response: ServerResponse, error: unknown): void {
    if (error instanceof RequestBodyError) {
      // Rest of the body is unread: this connection can't carry another request.
      if (error.status === 413) response.setHeader('Connection', 'close');
      sendError(response, error.status, error.code, error.message);
    } else if (error instanceof UnknownAccountError) {
      sendError(response, 404, error.code, error.message);
    } else {
      log('error', 'control request failed', { error: String(error) });
      sendError(response, 500, 'internal_error', 'the simulator failed; see its log');
    }
  }

  return async (
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: URLSearchParams,
  ): Promise<void> => {
    const route = routes.get(path);
    if (!route) {
      sendError(response, 404, 'not_found', 'no such path; GET / lists them');
      return;
    }
    if (request.method === 'OPTIONS') {
      response.writeHead(204, CORS).end();
      return;
    }
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
    const handle = Object.hasOwn(route, method) ? route[method] : undefined;
    if (!handle) {
      response.setHeader('Allow', Object.keys(route).join(', '));
      sendError(response, 405, 'method_not_allowed', `${path} takes ${Object.keys(route).join(', ')}`);
      return;
    }
    try {
      await handle(request, response, query.get('account') ?? undefined);
    } catch (error) {
      sendFailure(response, error);
    }
  };
}
