import type { InstanceName, Stack } from '@ramal/devstack';

/** What a process says of itself under a name, all labels added up; undefined where it does not say it. */
export async function readMetric(
  stack: Pick<Stack, 'dev'>,
  instance: InstanceName,
  name: string,
): Promise<number | undefined> {
  return (await readMetrics(stack, instance))(name);
}

/** All that a process says of itself at a moment, by name, as `readMetric` does. */
export async function readMetrics(
  stack: Pick<Stack, 'dev'>,
  instance: InstanceName,
): Promise<(name: string) => number | undefined> {
  const url = `${stack.dev.services[instance]?.opsUrl ?? ''}/metrics`;
  const lines = (await (await fetch(url, { signal: AbortSignal.timeout(5000) })).text()).split('\n');
  return (name) => {
    const values = lines
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
    return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
  };
}
