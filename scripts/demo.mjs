import { existsSync } from 'node:fs';
import { checkNode } from './bootstrap.mjs';

checkNode();
const demo = new URL('../packages/devstack/dist/demo.js', import.meta.url);
if (existsSync(demo)) {
  await import(demo.href);
} else {
  process.stderr.write('Ramal does not run here yet. Start it with "npm start", then try again.\n');
  process.exitCode = 1;
}
