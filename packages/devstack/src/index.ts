export type { DevFile, DevTenant } from './dev-file.ts';
export { toEntry } from './process-entry.ts';
export {
  type InstanceName,
  type Replicas,
  SERVICE_NAMES,
  type ServiceName,
} from './service-names.ts';
export { type PortMode } from './stack-ports.ts';
export { type Command, OptionError, runCommand } from './run-command.ts';
export { type Releases, type RunEnvironment, withReleases } from './run-environment.ts';
export { StackRunningError } from './stack-lock.ts';
export {
  type OwnServers,
  type OwnSystem,
  type OwnSystemOptions,
  startOwnSystem,
} from './start-own-system.ts';
export { type Stack, type StartStackOptions, startStack } from './start-stack.ts';
export { ProcessNotReadyError } from './supervised-process.ts';
