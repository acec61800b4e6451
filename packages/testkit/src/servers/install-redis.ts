import { aptInstall } from './apt-install.ts';

/** Installs redis-server with apt where that is possible; says what the package may have started on its own. */
export async function installRedis(log: (line: string) => void, env: NodeJS.ProcessEnv): Promise<boolean> {
  const installed = await aptInstall('redis-server', log, env);
  if (installed) {
    log(
      'redis-server installed. Where systemd runs, the package starts a Redis of its own on port 6379: it is not used' +
        ' here, and "sudo systemctl disable --now redis-server" stops it',
    );
  }
  return installed;
}
