import { CLOSE } from '@ramal/contracts';
import type { VerifiedAgent } from '@ramal/runtime';
import { afterEach, expect, it } from 'vitest';
import { createTestGateway, errorsOf, opsOf } from '../test/create-test-gateway.ts';
import { createAccessSweep } from './access-sweep.ts';

const gateway = createTestGateway();
afterEach(() => {
  gateway.stands = () => true;
  gateway.closeAll();
});
const sweep = createAccessSweep({
  hub: gateway.hub,
  access: { stands: (agent) => gateway.stands(agent) },
  events: gateway.events,
});
const DIAL = { intentId: 'i1', to: '4732100123' };
const authFailed = { code: CLOSE.authFailed.code, reason: CLOSE.authFailed.reason };

async function connected(token: string) {
  const client = gateway.connect();
  await client.auth(token);
  return client;
}

it('threat 7 closes every socket of who was revoked, with a code after which nobody reconnects, and no other', async () => {
  const [first, second, other] = [await connected('ana'), await connected('ana'), await connected('bruno')];
  gateway.stands = ({ identity }) => identity.user !== 'ana';
  sweep();
  expect([first.socket.closedWith, second.socket.closedWith]).toEqual([authFailed, authFailed]);
  expect(CLOSE.authFailed.reconnect).toBe(false);
  expect(other.socket.closed).toBe(false);
  expect(gateway.events.noted).toContain('accessRevoked 2');
});

it('goes by the token that was brought last', async () => {
  const client = await connected('ana/60000');
  const first = gateway.hub.all()[0]?.agent;
  await client.ask('auth.refresh', { token: 'ana/90000' });
  gateway.stands = (agent: VerifiedAgent) => agent !== first;
  sweep();
  expect(client.socket.closed).toBe(false);
  gateway.stands = () => false;
  sweep();
  expect(client.socket.closedWith).toEqual(authFailed);
});

it('threat 7 a dial of who was revoked is refused and ends the socket, swept or not', async () => {
  const client = await connected('ana');
  gateway.stands = () => false;
  gateway.asked.length = 0;
  await client.ask('dial', DIAL);
  expect(errorsOf(client.socket)).toEqual(['auth_failed']);
  expect(client.socket.closedWith).toEqual(authFailed);
  expect(gateway.asked).toEqual([]);
});

it('who was revoked while joining does not get in', async () => {
  const client = gateway.connect();
  let asked = 0;
  // Looked at twice: the token is good, then the revocation comes.
  gateway.stands = () => ++asked === 1;
  await client.auth('ana');
  expect(opsOf(client.socket)).toEqual(['error']);
  expect(client.socket.closedWith).toEqual(authFailed);
  expect(gateway.hub.all()).toEqual([]);
});

it('who can’t be judged for the moment is told to come again, not that the token is bad', async () => {
  const client = gateway.connect();
  await client.auth('away');
  expect(errorsOf(client.socket)).toEqual(['unavailable']);
  expect(client.socket.closedWith?.code).toBe(CLOSE.tryLater.code);
});

it('a refresh with a token that does not count leaves the old one until its end', async () => {
  const client = await connected('ana');
  await client.ask('auth.refresh', { token: 'bad' });
  expect(errorsOf(client.socket)).toEqual(['auth_failed']);
  expect(client.socket.closed).toBe(false);
});
