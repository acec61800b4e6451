import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('docs/events.md says what the schemas of the WebSocket say', async () => {
  const checked = await new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['scripts/events-doc.mjs', '--check'],
      { cwd: root },
      (_, __, stderr) => resolve({ code: child.exitCode, stderr }),
    );
  });
  expect(checked).toEqual({ code: 0, stderr: '' });
}, 60_000);
