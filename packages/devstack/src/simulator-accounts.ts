import type { SimulatorAccount } from '@ramal/simulator';
import { AGENTS, agenteOf, type DemoTenant } from './demo-tenants.ts';
import type { StackSecrets } from './stack-secrets.ts';

/** The simulated CTI's side of the two demo tenants: it must agree with what the seed writes. */
export function toSimulatorAccounts(secrets: StackSecrets): SimulatorAccount[] {
  const usersOf = (wanted: DemoTenant) =>
    AGENTS.filter(({ tenant }) => tenant === wanted).map(({ user, ramal }) => ({
      ramal,
      agente: agenteOf(user),
      senha: secrets.agents[user]?.senha ?? '',
      token: secrets.agents[user]?.token ?? '',
    }));
  return [
    {
      name: 'demo',
      path: '/api/clicktodial',
      auth: 1,
      users: usersOf('demo'),
      originName: 'origem',
      destinationName: 'destino',
      // As in the manual: variables in the query, and no call id.
      callback: {
        token: secrets.callbackTokens['demo'] ?? '',
        method: 'GET',
        bodyKind: 'query',
        sendId: false,
        names: {
          origin: 'origem',
          destination: 'destino',
          audio: 'audio',
          id: 'id',
          status: 'status',
          duration: 'duracao',
        },
      },
    },
    {
      name: 'acme',
      path: '/api/acme/originate',
      auth: 3,
      users: usersOf('acme'),
      originName: 'ramal',
      destinationName: 'numero',
      callback: {
        token: secrets.callbackTokens['acme'] ?? '',
        method: 'POST',
        bodyKind: 'json',
        sendId: true,
        names: {
          origin: 'de',
          destination: 'para',
          audio: 'gravacao',
          id: 'id',
          status: 'status',
          duration: 'duracao',
        },
      },
    },
  ];
}
