import { createOutbound, LOOPBACK, parseAllowList } from '@ramal/outbound';
import { findFreePort, startPbx } from '@ramal/testkit';
import { expect, it } from 'vitest';
import { connectCti } from './connect-cti.ts';
import { CtiAddressDeniedError, DialUnsentError } from './errors.ts';

const local = createOutbound({ allow: parseAllowList(LOOPBACK) });

it('I1 a CTI that is not reached is unsent, and says why', async () => {
  const target = { protocol: 'http', host: '127.0.0.1', port: await findFreePort() } as const;
  const connecting = connectCti(target, 10_000, local);
  await expect(connecting).rejects.toBeInstanceOf(DialUnsentError);
  await expect(connecting).rejects.toMatchObject({ reason: 'cti_unreachable', why: 'ECONNREFUSED' });
});

it('threat 2 one at an address that is denied is refused for good, and its address told', async () => {
  const pbx = await startPbx();
  const target = { protocol: 'http', host: '127.0.0.1', port: pbx.port } as const;
  const connecting = connectCti(target, 10_000, createOutbound());
  await expect(connecting).rejects.toBeInstanceOf(CtiAddressDeniedError);
  await expect(connecting).rejects.toMatchObject({
    reason: 'cti_address_denied',
    message: 'dial refused: cti_address_denied',
    where: { host: '127.0.0.1', port: pbx.port, denied: [{ address: '127.0.0.1', kind: 'loopback' }] },
  });
  expect(pbx.connections).toBe(0);
  await pbx.close();
});
