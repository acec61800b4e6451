import { readFile } from 'node:fs/promises';
import {
  ackFrame,
  auditResponse,
  erasureRequest,
  erasureResponse,
  exportRequest,
  agentClaims,
  apiKeyRequest,
  apiKeyRotation,
  apiKeySecret,
  CLIENT_OPS,
  CLOSE,
  callEvent,
  callId,
  callResult,
  callState,
  callsResponse,
  callView,
  clientFrame,
  connectionEvent,
  dialReason,
  dialRequest,
  dialResponse,
  direction,
  ERROR_CODES,
  errorFrame,
  errorResponse,
  inboxEvent,
  matchedBy,
  noPopupReason,
  popup,
  popupKind,
  popupSkipReason,
  presenceResponse,
  resumePoint,
  revealRequest,
  revealResponse,
  revocationRequest,
  revocationView,
  SUBPROTOCOL,
  sessionRequest,
  sessionResponse,
  timelineResponse,
  traceStep,
} from '@ramal/contracts';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const text = await readFile(new URL('../../PROTOCOL.md', import.meta.url), 'utf8');

/** What a block is when it says more than `json` of itself. */
const NAMED: Record<string, z.ZodType> = {
  agentClaims,
  sessionRequest,
  sessionResponse,
  dialRequest,
  dialResponse,
  callsResponse,
  presenceResponse,
  errorResponse,
  callTrail: z.object({ callId, events: z.array(callEvent) }),
  timelineResponse,
  revealRequest,
  revealResponse,
  apiKeyRequest,
  apiKeySecret,
  apiKeyRotation,
  revocationRequest,
  revocationView,
  auditResponse,
  erasureRequest,
  erasureResponse,
  exportRequest,
};

const shownPopup = z.object({ popupId: z.uuid() });
/** What the ack of each op holds. */
const ACK_DATA: Record<string, z.ZodType> = {
  'auth.refresh': z.object({ expiresAt: z.int() }),
  dial: dialResponse,
  'dial.cancel': dialResponse,
  'popup.seen': shownPopup,
  'popup.dismiss': shownPopup,
  focus: z.strictObject({}),
  sync: z.object({
    calls: z.array(callView),
    popups: z.array(popup),
    claimed: z.array(z.uuid()),
    resume: resumePoint,
  }),
  ping: z.object({ ts: z.int() }),
  logout: z.strictObject({}),
};

interface Example {
  name: string;
  value: { op?: unknown; id?: unknown };
}

/** Every example, in the order of the page; one block may hold several, each beginning a line. */
const examples: Example[] = [...text.matchAll(/^```json *(\w*)\n([\s\S]*?)^```$/gm)].flatMap(
  ([, name = '', block = '']) =>
    block
      .trim()
      .split(/\n(?=\{)/)
      .map((json) => ({ name, value: JSON.parse(json) as Example['value'] })),
);
const frames = examples.filter(({ name }) => name === '').map(({ value }) => value);

const opsOf = (union: { options: readonly { shape: { op: { value: string } } }[] }) =>
  union.options.map((option) => option.shape.op.value);
const INBOX_OPS = opsOf(inboxEvent);
const CONNECTION_OPS = opsOf(connectionEvent);
const ALL_OPS = [...CLIENT_OPS, ...INBOX_OPS, ...CONNECTION_OPS, 'ack', 'error'];

function schemaOf(op: string): z.ZodType {
  if (op === 'ack') return ackFrame;
  if (op === 'error') return errorFrame;
  if (CLIENT_OPS.includes(op)) return clientFrame;
  return INBOX_OPS.includes(op) ? inboxEvent : connectionEvent;
}

/** What the page says of a code in the row of a table that begins with it. */
function rowOf(code: string | number): string[] {
  const row = text
    .split('\n')
    .find((line) => line.startsWith(`| \`${code}\` |`) || line.startsWith(`| ${code} |`));
  expect(row, `a table row for ${code}`).toBeDefined();
  return (row ?? '').split('|').map((cell) => cell.trim());
}

describe('the examples of PROTOCOL.md', () => {
  test.each(ALL_OPS)('show a %s', (op) => {
    expect(frames.some((frame) => frame.op === op)).toBe(true);
  });

  test.each(Object.keys(NAMED))('show a %s', (name) => {
    expect(examples.some((example) => example.name === name)).toBe(true);
  });

  test.each(frames.map((frame) => [String(frame.op), frame] as const))(
    'of %s are what the schema takes, with no field it does not know',
    (op, frame) => {
      expect(ALL_OPS).toContain(op);
      expect(schemaOf(op).parse(frame)).toEqual(frame);
    },
  );

  test.each(examples.filter(({ name }) => name !== ''))(
    'of $name are what the schema takes, with no field it does not know',
    ({ name, value }) => {
      expect(Object.keys(NAMED)).toContain(name);
      expect(NAMED[name]?.parse(value)).toEqual(value);
    },
  );

  test('ack each frame with what its op is answered with', () => {
    const sent = new Map(
      frames.filter(({ op }) => CLIENT_OPS.includes(String(op))).map((frame) => [frame.id, frame.op]),
    );
    for (const frame of frames.filter(({ op }) => op === 'ack')) {
      const { replyTo, data } = ackFrame.parse(frame);
      const schema = ACK_DATA[String(sent.get(replyTo))];
      expect(schema, `a frame with the id ${replyTo}`).toBeDefined();
      expect(schema?.parse(data)).toEqual(data);
    }
  });

  test('number the events of the inbox and no others', () => {
    for (const frame of frames)
      expect([frame.op, 'seq' in frame]).toEqual([frame.op, INBOX_OPS.includes(String(frame.op))]);
  });

  test('answer with errors whose code and retryable are those of the list', () => {
    const errors = frames.flatMap((frame) => (frame.op === 'error' ? [errorFrame.parse(frame).data] : []));
    for (const { code, retryable } of errors)
      expect(ERROR_CODES).toHaveProperty(code, expect.objectContaining({ retryable }));
  });
});

test.each(Object.values(CLOSE))(
  'close code $code is told with its reason and the reconnect rule',
  (close) => {
    const [, , reason = '', reconnect = ''] = rowOf(close.code);
    expect(reason.startsWith(close.reason)).toBe(true);
    expect(reconnect.startsWith(close.reconnect ? 'yes' : 'no')).toBe(true);
  },
);

test.each(Object.entries(ERROR_CODES))(
  'error code %s is told with its status and whether to retry',
  (code, { http, retryable }) => {
    expect(rowOf(code).slice(2, 4)).toEqual([String(http), retryable ? 'yes' : 'no']);
  },
);

test.each(
  Object.entries({
    dialReason,
    noPopupReason,
    popupSkipReason,
    traceStep,
    callState,
    callResult,
    direction,
    matchedBy,
    popupKind,
  }).flatMap(([name, { options }]) => options.map((value) => [value, name] as const)),
)('the value %s of %s is told', (value) => {
  expect(text).toContain(`\`${value}\``);
});

test('the subprotocol is told', () => {
  expect(text).toContain(`\`${SUBPROTOCOL}\``);
});
