const { writeFileSync } = require('node:fs');
const { Session } = require('node:inspector');
const { basename, dirname, join } = require('node:path');
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');

// Loaded into each process that is measured. On SIGUSR2 it tidies up, so that what it holds is told apart from what it has
// merely not thrown away yet.
setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc');
process.on('SIGUSR2', () => {
  collect();
  collect();
});

// With BENCH_PROFILE, a folder, a process that ends in order leaves a CPU profile there, for Chrome's or VS Code's viewer.
const folder = process.env.BENCH_PROFILE;
if (folder !== undefined) {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.start');
  const [program] = process.argv.slice(1);
  const name = basename(dirname(dirname(program))) || 'process';
  process.on('exit', () => {
    session.post('Profiler.stop', (error, answer) => {
      if (error === null)
        writeFileSync(join(folder, `${name}-${process.pid}.cpuprofile`), JSON.stringify(answer.profile));
    });
  });
}
