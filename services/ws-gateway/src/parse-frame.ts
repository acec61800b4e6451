import { CLIENT_OPS, type ClientFrame, clientFrame } from '@ramal/contracts';
import { WireError } from '@ramal/runtime';

/** A frame that can't be understood, with the id to answer it by, where it has one. */
export class FrameInvalidError extends WireError {
  readonly replyTo: string | number | null;
  constructor(
    code: 'bad_json' | 'bad_frame' | 'unknown_op',
    message: string,
    replyTo: string | number | null,
  ) {
    super(code, message);
    this.replyTo = replyTo;
  }
}

/** @throws FrameInvalidError saying what is wrong, in terms of the protocol */
export function parseFrame(text: string): ClientFrame {
  const raw = parseJson(text);
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw new FrameInvalidError('bad_frame', 'a frame is a JSON object {op, id, data}', null);
  }
  const { id, op } = raw as { id?: unknown; op?: unknown };
  const replyTo = typeof id === 'string' || typeof id === 'number' ? id : null;
  if (typeof op !== 'string' || !CLIENT_OPS.includes(op)) {
    throw new FrameInvalidError('unknown_op', `op must be one of ${CLIENT_OPS.join(', ')}`, replyTo);
  }
  const parsed = clientFrame.safeParse(raw);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new FrameInvalidError('bad_frame', problems.join('; '), replyTo);
}

/** @throws FrameInvalidError */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FrameInvalidError('bad_json', 'the frame is not JSON', null);
  }
}
