import { Cluster, type Command } from 'ioredis';

/** How long a command may take, wherever it is sent and however often. */
export const COMMAND_TIMEOUT_MS = 2_000;

/**
 * A cluster's client whose commands fail fast. The library's own switch for that (`enableOfflineQueue`) also refuses what a
 * node has just begun to connect for, and sends it to any other node instead; so commands may wait for a node, but not for a
 * cluster that is down, and never for longer than their time.
 */
export class ClusterCommands extends Cluster {
  override sendCommand(command: Command, ...where: [unknown?, unknown?]): unknown {
    // Asked by the library itself, to find out whether the cluster is up.
    if (this.status !== 'ready' && command.name !== 'cluster') {
      command.reject(new Error('the cluster is not connected'));
      return command.promise;
    }
    command.setTimeout(COMMAND_TIMEOUT_MS);
    return super.sendCommand(command, ...(where as [never?, never?]));
  }
}
