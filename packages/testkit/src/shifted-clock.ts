/** What a process has in its environment so that its clock is wrong by so many ms, ahead or, where negative, behind. */
export function toShiftedClock(offsetMs: number): {
  NODE_OPTIONS: string;
  RAMAL_TEST_CLOCK_OFFSET_MS: string;
} {
  return {
    NODE_OPTIONS: `--import=${new URL('./shift-clock.js', import.meta.url).href}`,
    RAMAL_TEST_CLOCK_OFFSET_MS: String(offsetMs),
  };
}
