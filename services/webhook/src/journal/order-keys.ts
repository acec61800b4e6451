import { type Callback, toCallbackLines } from '@ramal/calls';

/**
 * What a callback may have in common with others of its call: the CTI's id, ours, the far end's number. Two callbacks
 * that share one are told in the order they were received.
 */
export function toOrderKeys(tenant: string, callback: Callback): string[] {
  const { externalCallId, ourCallId } = callback;
  const keys = toCallbackLines(callback).map(({ ramal, peerKey }) =>
    peerKey === '' ? toKey(tenant, 'ramal', ramal) : toKey(tenant, 'peer', peerKey),
  );
  if (externalCallId !== undefined) keys.push(toKey(tenant, 'external', externalCallId));
  if (ourCallId !== undefined) keys.push(toKey(tenant, 'call', ourCallId));
  return [...new Set(keys)];
}

function toKey(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}
