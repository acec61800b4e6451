import { z } from 'zod';
import { callContext } from './call-event.ts';
import { intentId } from './ids.ts';
import { dialTarget } from './phone.ts';

/** The WebSocket subprotocol; a change that breaks clients gets a new one. */
export const SUBPROTOCOL = 'ramal.v1';

/** Frames above this many bytes are refused. */
export const MAX_FRAME_BYTES = 16 * 1024;

const frame = <Op extends string, Data extends z.ZodType>(op: Op, data: Data) =>
  z.object({ op: z.literal(op), id: z.union([z.string().min(1).max(64), z.number().int()]), data });

const nothing = z.object({}).optional();
const token = z.string().min(1).max(8192);
const popup = z.object({ popupId: z.uuid() });

/** Every frame a client may send; the first one must be `auth`. */
export const clientFrame = z.discriminatedUnion('op', [
  frame(
    'auth',
    z.object({
      token,
      resume: z.object({ epoch: z.string().min(1).max(64), seq: z.number().int().nonnegative() }).optional(),
      /** A name of this tab or device that survives a reconnect and that no other one has; kept in memory alone. */
      tab: z
        .string()
        .regex(/^[\w-]{1,64}$/, '1 to 64 letters, digits, _ or -')
        .optional(),
      /** False for a tab in the background, which comes after those that were looked at. */
      focused: z.boolean().optional(),
    }),
  ),
  frame('auth.refresh', z.object({ token })),
  frame(
    'dial',
    z.object({
      intentId,
      to: dialTarget,
      context: callContext.optional(),
      /** How long ago the click was when this was sent, in ms: its deadline counts from the click (I2). Left out: just now. */
      ageMs: z.number().int().nonnegative().optional(),
    }),
  ),
  frame('dial.cancel', z.object({ intentId })),
  frame('popup.seen', popup),
  frame('popup.dismiss', popup),
  frame('focus', nothing),
  frame('sync', nothing),
  frame('ping', nothing),
  frame('logout', nothing),
]);

export type ClientFrame = z.infer<typeof clientFrame>;
export type ClientOp = ClientFrame['op'];
export const CLIENT_OPS: readonly string[] = clientFrame.options.map((option) => option.shape.op.value);
