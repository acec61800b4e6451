/** Prints the steps of the demo's calls as they happen and knows whether any was missed. */
export interface DemoReport {
  begin(title: string): DemoCall;
  /** Prints the sum; true when every step came. */
  finish(): boolean;
}

interface DemoCall {
  /** What is left of the time for everything, in ms. */
  readonly timeoutMs: number;
  /** Prints ✓ and the time since the call began when `work` resolves, ✗ and why when it rejects. */
  step(name: string, work: Promise<unknown>): Promise<void>;
}

export function createDemoReport(options: { print: (line: string) => void; timeoutMs: number }): DemoReport {
  const { print } = options;
  const deadline = performance.now() + options.timeoutMs;
  let came = 0;
  let missed = 0;
  return {
    begin: (title) => {
      const begunAt = performance.now();
      print(`\n${title}`);
      return {
        timeoutMs: Math.max(1, Math.round(deadline - begunAt)),
        step: async (name, work) => {
          try {
            await work;
            came++;
            print(`  ✓ ${name.padEnd(24)} ${String(Math.round(performance.now() - begunAt)).padStart(6)} ms`);
          } catch (error) {
            missed++;
            print(`  ✗ ${name.padEnd(24)} ${error instanceof Error ? error.message : String(error)}`);
          }
        },
      };
    },
    finish: () => {
      print(missed === 0 ? `\n✓ all ${came} steps` : `\n✗ ${missed} of ${came + missed} steps missing`);
      return missed === 0;
    },
  };
}
