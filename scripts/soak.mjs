import { existsSync } from 'node:fs';
import { bootstrap } from './bootstrap.mjs';

const main = new URL('../test/resilience/dist/src/soak-main.js', import.meta.url);
const wantsHelp = process.argv.includes('--help') || process.argv.includes('-h');
if (!wantsHelp || !existsSync(main)) await bootstrap();
// In this process, not in a child: one less between the terminal's Ctrl-C and what it started.
await import(main.href);
