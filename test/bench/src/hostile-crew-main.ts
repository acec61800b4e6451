import { setPriority } from 'node:os';
import { type CrewTarget, type HostileCrew, startHostileCrew } from './hostile-crew.ts';

/** The crew is a process of its own, so that its work is not the agents' clients' work; it lets all others go first. */
const LOW_PRIORITY = 10;

/** What the bench tells this process; it answers `stop` with the crew's counts. */
export type CrewOrder = { do: 'attack'; target: CrewTarget } | { do: 'stop' };

setPriority(LOW_PRIORITY);
let crew: HostileCrew | null = null;
process.on('message', (order: CrewOrder) => {
  crew?.stop();
  if (order.do === 'stop') process.send?.(crew?.counts ?? {});
  crew = order.do === 'attack' ? startHostileCrew(order.target) : null;
});
// The bench has died: so do we.
process.on('disconnect', () => process.exit());
