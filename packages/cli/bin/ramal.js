#!/usr/bin/env node
import { existsSync } from 'node:fs';

// Committed JavaScript: package managers link a program when they install, which is before anything is built.
const main = new URL('../dist/main.js', import.meta.url);

if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write(
    'ramal is not built yet: run "npm run build" (or "npm start", once) in the checkout.\n',
  );
  process.exitCode = 1;
}
