import { defineConfig, type TestProjectConfiguration } from 'vitest/config';

/** What starts whole systems: a crowd of processes each. */
const SYSTEM = [
  'test/**/*.test.ts',
  'packages/{devstack,ledger}/src/**/*.test.ts',
  'services/history/src/reap-processes.pg.test.ts',
];

const project = (
  name: string,
  groupOrder: number,
  maxWorkers: number,
  files: { include: string[]; exclude?: string[] },
): TestProjectConfiguration => ({
  test: {
    name,
    ...files,
    // Bounds, not promises: a machine that does much else is slow, and no test waits for one of these when all is well.
    testTimeout: 60_000,
    hookTimeout: 300_000,
    pool: 'forks',
    // Files share a worker's modules: loading them anew for each file took a third of the time. No test keeps state
    // in a module.
    isolate: false,
    maxWorkers,
    sequence: { groupOrder },
  },
});

export default defineConfig({
  test: {
    // A worker may have a stack to stop.
    teardownTimeout: 60_000,
    globalSetup: ['packages/testkit/src/vitest-global-setup.ts', 'test/harness/migrated-template.ts'],
    projects: [
      project('parts', 0, 3, {
        include: ['packages/*/src/**/*.test.ts', 'services/*/src/**/*.test.ts'],
        exclude: ['**/node_modules/**', ...SYSTEM],
      }),
      // After the parts, so that no crowd of small ones stands beside them.
      project('systems', 1, 3, { include: SYSTEM, exclude: ['**/node_modules/**'] }),
    ],
  },
});
