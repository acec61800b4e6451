/** Says to the bench that forked this process where it listens; ends with it. */
export function tellParent(port: number): void {
  process.on('disconnect', () => process.exit());
  process.send?.({ port });
}

/** @throws Error when the bench left it out */
export function readSetting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set`);
  return value;
}
