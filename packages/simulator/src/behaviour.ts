import { z } from 'zod';

const durationMs = z.number().int().min(0).max(3_600_000);

/** How the CTI misbehaves on the wire when an originate comes in. */
const fault = z.enum([
  'none',
  /** Reads the whole request, then resets the connection. */
  'reset_before_reply',
  /** Reads the request and never answers. */
  'mute',
  /** 302 to the metadata address of clouds. */
  'redirect',
  /** 200 with a body that goes on for 50 MB. */
  'huge_body',
  /** Answers with bytes that are not HTTP. */
  'garbage',
]);
export type Fault = z.infer<typeof fault>;

/** What the far end does when it rings. */
const calleeOutcome = z.enum(['answer', 'busy', 'no_answer']);
export type CalleeOutcome = z.infer<typeof calleeOutcome>;

const behaviour = z.strictObject({
  /** Delay of the HTTP reply, or of the fault in its place. */
  answerDelayMs: durationMs,
  /** Reply with this status; null replies as a healthy CTI does. */
  status: z.number().int().min(200).max(599).nullable(),
  fault,
  /** Play the call even though the reply was a fault or an error: the truth behind an uncertain dial. */
  callOnFault: z.boolean(),
  /** For how many originates `answerDelayMs`, `status` and `fault` last; null is for ever. */
  times: z.number().int().min(1).nullable(),
  ringMs: durationMs,
  talkMs: durationMs,
  outcome: calleeOutcome,
  /** False: no callback at all. */
  callbacks: z.boolean(),
  /** False: no call id, neither in replies nor in callbacks. */
  sendIds: z.boolean(),
  /** Extra copies of each callback, sent at the same moment. */
  duplicateCallbacks: z.number().int().min(0).max(100),
  order: z.enum(['normal', 'ended_first']),
  /** When the recording's address is told: in `ended`, in a `recording` callback after it, or never. */
  recording: z.enum(['with_end', 'later', 'never']),
  recordingDelayMs: durationMs,
});
export type Behaviour = z.infer<typeof behaviour>;

/** A change of behaviour: only what it names changes. */
export const behaviourPatch = behaviour.partial();
export type BehaviourPatch = z.infer<typeof behaviourPatch>;

/** A healthy CTI whose callees answer and talk for a moment. */
export const NORMAL_BEHAVIOUR: Behaviour = {
  answerDelayMs: 0,
  status: null,
  fault: 'none',
  callOnFault: false,
  times: null,
  ringMs: 300,
  talkMs: 800,
  outcome: 'answer',
  callbacks: true,
  sendIds: true,
  duplicateCallbacks: 0,
  order: 'normal',
  recording: 'with_end',
  recordingDelayMs: 500,
};
