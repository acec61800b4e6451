import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';

type Address = { path: string } | { host: string; port: number };

/** Where a Docker engine could listen, by `DOCKER_HOST` or at the usual sockets. */
function engineAddresses(env: NodeJS.ProcessEnv): Address[] {
  const given = env['DOCKER_HOST'];
  if (given?.startsWith('unix://')) return [{ path: given.slice('unix://'.length) }];
  if (given !== undefined && given !== '') {
    try {
      const url = new URL(given);
      return [{ host: url.hostname, port: Number(url.port || 2375) }];
    } catch {
      return []; // not an address: as good as no engine
    }
  }
  const runtimeDir = env['XDG_RUNTIME_DIR'];
  return [
    '/var/run/docker.sock',
    ...(runtimeDir === undefined ? [] : [join(runtimeDir, 'docker.sock')]),
    join(homedir(), '.docker/run/docker.sock'),
    join(homedir(), '.docker/desktop/docker.sock'),
    join(homedir(), '.colima/default/docker.sock'),
  ]
    .filter((path) => existsSync(path))
    .map((path) => ({ path }));
}

function accepts(address: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(800, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('connect', () => finish(true));
  });
}

/** Whether a Docker engine accepts connections; under a second, and without loading any Docker client. */
export async function hasDockerEngine(env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  const answers = await Promise.all(engineAddresses(env).map(accepts));
  return answers.includes(true);
}
