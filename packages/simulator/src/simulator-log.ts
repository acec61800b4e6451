export type LogLevel = 'info' | 'warn' | 'error';

/** Takes one line; fields never hold credentials or whole numbers (I8). */
export type SimulatorLog = (level: LogLevel, msg: string, fields?: Record<string, unknown>) => void;

/** Keeps the last two characters of a number. */
export function toMaskedNumber(number: string | null): string | null {
  return number === null ? null : `…${number.slice(-2)}`;
}

/** Writes JSON lines `{time, level, msg, …}`. */
export function createJsonLog(write: (line: string) => void): SimulatorLog {
  return (level, msg, fields = {}) =>
    write(`${JSON.stringify({ time: new Date().toISOString(), level, msg, ...fields })}\n`);
}
