import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Child {
  /** Standard output so far, a line each. */
  lines: string[];
  kill(signal: NodeJS.Signals): void;
  closeInput(): void;
  /** Nobody reads what it says any more. */
  breakOutput(): void;
  /** Exit code and the signal that ended it. */
  exited: Promise<[number | null, NodeJS.Signals | null]>;
}

/** Runs a script that imports `@ramal/runtime`, in a process of its own. */
export function runChild(script: string): Child {
  const entry = new URL('../dist/index.js', import.meta.url).href;
  const source = `import { createLogger, runService } from ${JSON.stringify(entry)};\n${script}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  let rest = '';
  child.stdout.on('data', (data) => {
    const parts = (rest + String(data)).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  return {
    lines,
    kill: (signal) => void child.kill(signal),
    closeInput: () => void child.stdin.end(),
    breakOutput: () => void child.stdout.destroy(),
    exited: once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  };
}
