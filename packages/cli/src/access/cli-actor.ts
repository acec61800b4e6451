import type { CliProcess } from '../cli-process.ts';

/** How the audit log names whoever runs the tool. */
export function toCliActor({ env }: Pick<CliProcess, 'env'>): string {
  const user = env['USER'];
  return `operator ${user === undefined || user === '' ? 'unknown' : user}`;
}
