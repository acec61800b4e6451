import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import {
  ackFrame,
  apiKeyRequest,
  apiKeyRotation,
  apiKeySecret,
  apiKeysResponse,
  auditQuery,
  auditResponse,
  callEvent,
  callsQuery,
  callsResponse,
  clientFrame,
  CLOSE,
  connectionEvent,
  dialJob,
  dialRequest,
  dialResponse,
  ERROR_CODES,
  erasureRequest,
  erasureResponse,
  errorFrame,
  errorResponse,
  exportRequest,
  exportResponse,
  inboxEvent,
  presenceQuery,
  presenceResponse,
  revealRequest,
  revealResponse,
  revocationRequest,
  revocationsResponse,
  revocationView,
  sessionRequest,
  sessionResponse,
  SUBPROTOCOL,
  timelineResponse,
  traceBatch,
} from './index.ts';

/** All that leaves a process: to browsers, to other services of another version, to the api's clients. */
const WIRE = {
  websocket: { clientFrame, inboxEvent, connectionEvent, ackFrame, errorFrame },
  http: {
    sessionRequest,
    sessionResponse,
    dialRequest,
    dialResponse,
    callsQuery,
    callsResponse,
    timelineResponse,
    presenceQuery,
    presenceResponse,
    revealRequest,
    revealResponse,
    apiKeyRequest,
    apiKeyRotation,
    apiKeySecret,
    apiKeysResponse,
    revocationRequest,
    revocationView,
    revocationsResponse,
    auditQuery,
    auditResponse,
    erasureRequest,
    erasureResponse,
    exportRequest,
    exportResponse,
    errorResponse,
  },
  internal: { callEvent, traceBatch, dialJob },
};

const FILE = 'wire-schema.hashes.json';

function hash(part: string, schemas: Record<string, z.ZodType>): string {
  const json = Object.entries(schemas).map(([name, schema]) => [
    name,
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
  ]);
  const codes = part === 'websocket' ? [SUBPROTOCOL, CLOSE, ERROR_CODES] : [];
  return createHash('sha256')
    .update(JSON.stringify([json, codes]))
    .digest('hex')
    .slice(0, 16);
}

const recorded = JSON.parse(readFileSync(new URL(FILE, import.meta.url), 'utf8')) as Record<string, string>;

it.each(Object.entries(WIRE))('the %s schemas change on purpose only', (part, schemas) => {
  const now = hash(part, schemas);
  expect(
    now,
    [
      `The ${part} schemas are no longer what ${FILE} records. If that is meant:`,
      `1. Would a peer of the version before misunderstand it? Then SUBPROTOCOL (now ${SUBPROTOCOL}) gets a new`,
      '   number, and both are spoken for a release; for events and jobs, old and new must be read side by side.',
      '2. Say what changed in CHANGELOG.md, and for the WebSocket in PROTOCOL.md.',
      `3. Write "${part}": "${now}" into ${FILE}, in the same commit.`,
    ].join('\n'),
  ).toBe(recorded[part]);
});

it('notices a change of any field', () => {
  const before = { popup: z.object({ a: z.string() }) };
  const changed = [
    { popup: z.object({ a: z.string().max(9) }) },
    { popup: z.object({ a: z.string().optional() }) },
    { popup: z.object({ a: z.string(), b: z.string() }) },
  ];
  for (const after of changed) expect(hash('x', after)).not.toBe(hash('x', before));
});
