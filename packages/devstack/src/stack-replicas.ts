import { findFreePort } from '@ramal/testkit';
import { type ProcessSpec, type StackAddresses, toProcessSpecs } from './process-specs.ts';
import {
  type InstanceName,
  type Replicas,
  type ReplicatedService,
  SERVICE_NAMES,
  type ServiceName,
  toInstanceNames,
} from './service-names.ts';
import type { PortMode, PortName, StackPorts } from './stack-ports.ts';
import type { StackSecrets } from './stack-secrets.ts';

/** The ports that each process of a service needs for itself. */
const OWN_PORTS: Record<ReplicatedService, readonly PortName[]> = {
  'ws-gateway': ['gateway', 'opsGateway'],
  webhook: ['webhook', 'opsWebhook'],
  api: ['api', 'opsApi'],
  dialer: ['opsDialer'],
  history: ['opsHistory'],
};

/** A process of the stack, with the ports as it sees them: its own instead of the first one's. */
export interface StackInstance {
  name: InstanceName;
  service: ServiceName;
  spec: ProcessSpec;
  ports: StackPorts;
}

/** All processes of a stack; those beyond the first of a service are the same but for their name and ports. */
export async function toStackInstances(options: {
  addresses: StackAddresses;
  secrets: StackSecrets;
  replicas: Replicas;
  mode: PortMode;
}): Promise<StackInstance[]> {
  const { addresses, secrets, replicas, mode } = options;
  const taken = new Set(Object.values(addresses.ports));
  const instances: StackInstance[] = [];
  for (const service of SERVICE_NAMES) {
    for (const name of toInstanceNames(service, replicas)) {
      const ports =
        name === service ? addresses.ports : await chooseOwnPorts(service, addresses.ports, mode, taken);
      const spec = { ...toProcessSpecs({ ...addresses, ports }, secrets)[service], name };
      instances.push({ name, service, spec, ports });
    }
  }
  return instances;
}

async function chooseOwnPorts(
  service: ServiceName,
  first: StackPorts,
  mode: PortMode,
  taken: Set<number>,
): Promise<StackPorts> {
  const ports = { ...first };
  for (const name of service === 'simulator' ? [] : OWN_PORTS[service]) {
    ports[name] = await findFreePort(mode === 'free' ? undefined : first[name], taken);
    taken.add(ports[name]);
  }
  return ports;
}
