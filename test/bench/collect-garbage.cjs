const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');

// Loaded into each process that is measured: on SIGUSR2 it tidies up, so that what it holds is told apart from what it
// has merely not thrown away yet.
setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc');
process.on('SIGUSR2', () => {
  collect();
  collect();
});
