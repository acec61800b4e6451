/**
 * Loaded before a program (`node --import`): its clock on the wall goes wrong by `RAMAL_TEST_CLOCK_OFFSET_MS`, its steady one
 * does not, as on a machine whose time was set wrong. No product code knows of it.
 */
const offsetMs = Number(process.env['RAMAL_TEST_CLOCK_OFFSET_MS'] ?? '0');

const now = Date.now.bind(Date);
const shifted = () => now() + offsetMs;

globalThis.Date = new Proxy(Date, {
  apply: (target) => new target(shifted()).toString(),
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [shifted()] : args, newTarget) as Date,
  get: (target, name, receiver) =>
    name === 'now' ? shifted : (Reflect.get(target, name, receiver) as unknown),
});
