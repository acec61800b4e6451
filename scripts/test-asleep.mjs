import { bootstrap, run, tool } from './bootstrap.mjs';

// The tests of the SDK in a browser with the network away for a minute, where `npm test` takes a few seconds.
await bootstrap();
const { code } = await run(tool('vitest'), ['run', 'test/browser/client-tabs.test.ts'], {
  live: true,
  env: { ...process.env, RAMAL_ASLEEP_MS: '60000' },
});
process.exitCode = code;
