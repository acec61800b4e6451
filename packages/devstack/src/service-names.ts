/** The processes of the stack: who is called comes before who calls. They stop in the opposite order. */
export const STAGES = [['simulator'], ['history', 'dialer'], ['webhook', 'ws-gateway'], ['api']] as const;

export type ServiceName = (typeof STAGES)[number][number];
export const SERVICE_NAMES: readonly ServiceName[] = STAGES.flat();

/** What may run more than once; there is one simulated CTI. */
export type ReplicatedService = Exclude<ServiceName, 'simulator'>;

/** How many of a service run; one where nothing is said. */
export type Replicas = Partial<Record<ReplicatedService, number>>;

/** One process of a service: the first has the service's name, the others are `webhook-2`, `webhook-3`, … */
export type InstanceName = ServiceName | `${ReplicatedService}-${number}`;

/** The processes of one service. @throws RangeError where fewer than one are wanted */
export function toInstanceNames(service: ServiceName, replicas: Replicas): InstanceName[] {
  const count = service === 'simulator' ? 1 : (replicas[service] ?? 1);
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`replicas: ${service} must be a whole number from 1 on, not ${count}`);
  }
  if (service === 'simulator') return [service];
  return Array.from({ length: count }, (_, i) => (i === 0 ? service : (`${service}-${i + 1}` as const)));
}
