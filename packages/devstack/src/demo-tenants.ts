/** The two companies of a development stack. */
export const TENANTS = [
  { tenant: 'demo', empresaId: 1, nome: 'Demonstração', vip: 1 },
  { tenant: 'acme', empresaId: 2, nome: 'Acme', vip: 0 },
] as const;

export type DemoTenant = (typeof TENANTS)[number]['tenant'];

/** Their agents; `agente` is the user's login at the CTI (R31). */
export const AGENTS = [
  { tenant: 'demo', user: 'ana', displayName: 'Ana Souza', ramal: '3501' },
  { tenant: 'demo', user: 'bruno', displayName: 'Bruno Lima', ramal: '3502' },
  { tenant: 'demo', user: 'carla', displayName: 'Carla Dias', ramal: '3503' },
  { tenant: 'acme', user: 'diego', displayName: 'Diego Rocha', ramal: '2001' },
  { tenant: 'acme', user: 'elisa', displayName: 'Elisa Prado', ramal: '2002' },
  { tenant: 'acme', user: 'fabio', displayName: 'Fábio Nunes', ramal: '2003' },
] as const;

/** The login of an agent at the simulated CTI. */
export function agenteOf(user: string): string {
  return `agente-${user}`;
}
