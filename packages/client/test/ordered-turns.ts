/**
 * Does things a turn later, in the order in which they were handed over, as sockets and channels do. Timers alone don't
 * keep it: of two with no delay, fake ones ring one that a timer has set a millisecond after one that a test has set.
 */
export function createOrderedTurns(): (act: () => void) => void {
  const waiting: (() => void)[] = [];
  return (act) => {
    waiting.push(act);
    setTimeout(() => waiting.shift()?.());
  };
}
