import { WireError } from '@ramal/runtime';
import { z } from 'zod';

export interface IncomingCall {
  tenant: string;
  ramal: string;
  /** The caller's number; "" when withheld. */
  from: string;
}

const TIMEOUT_MS = 2_000;
const placedCall = z.object({ id: z.string() });

/**
 * Has the simulator play a call from outside.
 * @throws WireError not_found when it has no such account, unavailable when it does not answer in 2 s
 */
export async function placeIncomingCall(simulatorUrl: string, call: IncomingCall): Promise<{ id: string }> {
  const silent = () => new WireError('unavailable', 'the simulator does not answer; is it running?');
  const response = await fetch(new URL('/control/incoming', simulatorUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ account: call.tenant, from: call.from, to: call.ramal }),
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => {
    throw silent();
  });
  if (response.status === 404)
    throw new WireError('not_found', 'the simulator has no account of this tenant');
  const placed = placedCall.safeParse(await response.json().catch(() => null));
  if (!response.ok || !placed.success) throw silent();
  return placed.data;
}
