export type { DevFile, DevTenant } from './dev-file.ts';
export { toEntry } from './process-entry.ts';
export {
  type InstanceName,
  type Replicas,
  SERVICE_NAMES,
  type ServiceName,
} from './service-names.ts';
export { type PortMode } from './stack-ports.ts';
export { StackRunningError } from './stack-lock.ts';
export { type Stack, type StartStackOptions, startStack } from './start-stack.ts';
export { ProcessNotReadyError } from './supervised-process.ts';
