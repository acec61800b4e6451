import {
  apiKeyRequest,
  apiKeyRotation,
  apiKeySecret,
  apiKeysResponse,
  apiKeyView,
  auditResponse,
  callEvent,
  callsResponse,
  dialRequest,
  dialResponse,
  ERROR_CODES,
  erasureRequest,
  erasureResponse,
  exportRequest,
  exportResponse,
  type ErrorCode,
  errorResponse,
  historyCall,
  callId,
  presenceResponse,
  revealRequest,
  revealResponse,
  revocationRequest,
  revocationsResponse,
  revocationView,
  sessionRequest,
  sessionResponse,
  timelineResponse,
} from '@ramal/contracts';
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';

/** `GET /v1/calls/:callId/events`: every stored fact about a call, in the order they happened. */
export const callTrail = z.object({ callId, events: z.array(callEvent) });

/** The names schemas go by in the OpenAPI document. */
const schemaNames = z.registry<{ id: string }>();
schemaNames.add(sessionRequest, { id: 'SessionRequest' });
schemaNames.add(sessionResponse, { id: 'Session' });
schemaNames.add(dialRequest, { id: 'DialRequest' });
schemaNames.add(dialResponse, { id: 'Dial' });
schemaNames.add(historyCall, { id: 'Call' });
schemaNames.add(callsResponse, { id: 'Calls' });
schemaNames.add(callEvent, { id: 'CallEvent' });
schemaNames.add(callTrail, { id: 'CallTrail' });
schemaNames.add(timelineResponse, { id: 'Timeline' });
schemaNames.add(presenceResponse, { id: 'Presence' });
schemaNames.add(revealRequest, { id: 'RevealRequest' });
schemaNames.add(revealResponse, { id: 'RevealedNumbers' });
schemaNames.add(apiKeyRequest, { id: 'ApiKeyRequest' });
schemaNames.add(apiKeyRotation, { id: 'ApiKeyRotation' });
schemaNames.add(apiKeyView, { id: 'ApiKey' });
schemaNames.add(apiKeySecret, { id: 'ApiKeySecret' });
schemaNames.add(apiKeysResponse, { id: 'ApiKeys' });
schemaNames.add(revocationRequest, { id: 'RevocationRequest' });
schemaNames.add(revocationView, { id: 'Revocation' });
schemaNames.add(revocationsResponse, { id: 'Revocations' });
schemaNames.add(auditResponse, { id: 'AuditLog' });
schemaNames.add(erasureRequest, { id: 'ErasureRequest' });
schemaNames.add(erasureResponse, { id: 'Erasure' });
schemaNames.add(exportRequest, { id: 'ExportRequest' });
schemaNames.add(exportResponse, { id: 'Export' });
schemaNames.add(errorResponse, { id: 'Error' });

const DESCRIPTION = `Sessions for agents, server-side dials and the history of calls.

Authenticate with an API key, as \`Authorization: Bearer <key>\` or \`X-Api-Key: <key>\`; where it is said, an
agent token works too and sees its own user's data alone. The tenant follows from the credential; with a key of
every tenant, name it in \`tenant\`. What it may do follows from its rights, which each request names; without
\`numbers:show\` all but the last 4 digits of phone numbers are \`*\`.

Every error has the body \`{"error": {"code", "message", "retryable"}}\`; \`code\` is stable, and \`retryable\`
says whether the same request may succeed later.`;

/** Collects the routes registered from here on into the document `app.swagger()` returns. */
export async function registerOpenApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Ramal', version: '1', description: DESCRIPTION },
      tags: [
        { name: 'sessions', description: 'Tokens for agents’ browsers' },
        { name: 'calls', description: 'Dials and history' },
        { name: 'agents', description: 'Who is logged in' },
        { name: 'access', description: 'API keys, and the end of tokens before their time' },
        { name: 'privacy', description: 'Audit log, erasure and export (LGPD)' },
        { name: 'operations', description: 'Health' },
      ],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'An API key or an agent token' },
          apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
        },
      },
    },
    transform: createJsonSchemaTransform({ schemaRegistry: schemaNames }),
    transformObject: createJsonSchemaTransformObject({ schemaRegistry: schemaNames }),
  });
}

/** An API key in either header; an agent token goes in the first. */
export const SECURITY = [{ bearer: [] }, { apiKey: [] }];

interface DocumentedReply {
  description: string;
  content: { 'application/json': { schema: z.ZodType } };
}

/** A reply with a JSON body. */
export function replies(description: string, schema: z.ZodType): DocumentedReply {
  return { description, content: { 'application/json': { schema } } };
}

/** The error replies of a route, by status; those that any route may give are added. */
export function refuses(...codes: ErrorCode[]): Record<number, DocumentedReply> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set([...codes, 'rate_limited', 'unavailable', 'internal_error'] as const)) {
    const { http } = ERROR_CODES[code];
    byStatus.set(http, [...(byStatus.get(http) ?? []), code]);
  }
  return Object.fromEntries(
    Array.from(byStatus, ([status, group]) => [status, replies(group.join(' or '), errorResponse)]),
  );
}
