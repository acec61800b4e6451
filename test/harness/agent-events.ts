import type { Popup, PopupKind } from '@ramal/contracts';
import type { AgentClient, ServerEvent } from '@ramal/testkit';

type ShownPopup = Extract<ServerEvent, { op: 'popup.show' }>;

const FINAL_DIAL_OPS = ['dial.accepted', 'dial.failed', 'dial.expired', 'dial.uncertain'];

/** Dials and returns the call's id. */
export async function dial(agent: AgentClient, intentId: string, to: string): Promise<string> {
  const ack = (await agent.request('dial', { intentId, to })) as { callId: string };
  return ack.callId;
}

/** The steps of one dial, in the order the agent heard of them. */
export function dialSteps(agent: AgentClient, intentId: string): string[] {
  return agent.events.flatMap((event) =>
    'intentId' in event.data && event.op.startsWith('dial.') && event.data.intentId === intentId
      ? [event.op]
      : [],
  );
}

/** The final states of one dial: one, if all is well (I2). */
export function finalStates(agent: AgentClient, intentId: string): string[] {
  return dialSteps(agent, intentId).filter((op) => FINAL_DIAL_OPS.includes(op));
}

/** Waits for a dial's final state. */
export async function waitForFinal(
  agent: AgentClient,
  intentId: string,
  timeoutMs = 30_000,
): Promise<{ op: string; reason: string | undefined; ts: number }> {
  const event = await agent.waitFor(
    ({ op, data }) => FINAL_DIAL_OPS.includes(op) && 'intentId' in data && data.intentId === intentId,
    { timeoutMs },
  );
  const { reason } = event.data as { reason?: string };
  return { op: event.op, reason, ts: event.ts };
}

/** Waits for a pop-up of one kind, of one call if its id is given. */
export async function waitForPopup(
  agent: AgentClient,
  kind: PopupKind,
  callId?: string,
  timeoutMs = 30_000,
): Promise<Popup> {
  const event = (await agent.waitFor(
    ({ op, data }) =>
      op === 'popup.show' &&
      'kind' in data &&
      data.kind === kind &&
      (callId === undefined || data.callId === callId),
    { timeoutMs },
  )) as ShownPopup;
  return event.data;
}

/** `show start`, `hide start`, … of one call, in order. */
export function popupSteps(agent: AgentClient, callId: string): string[] {
  return agent.events.flatMap((event) =>
    event.op === 'popup.show' || event.op === 'popup.update' || event.op === 'popup.hide'
      ? event.data.callId === callId
        ? [`${event.op.slice('popup.'.length)} ${event.data.kind}`]
        : []
      : [],
  );
}

/** Whose numbers an agent's events are about: what it must not have seen is not among them (I6). */
export function peersSeen(agent: AgentClient): string[] {
  return [
    ...new Set(
      agent.events.flatMap((event) => ('peer' in event.data && event.data.peer ? [event.data.peer.raw] : [])),
    ),
  ];
}
